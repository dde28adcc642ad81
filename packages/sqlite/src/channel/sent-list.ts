import { type PoolError } from "@pool/core";
import { type Reply } from "../helper/protocol.js";

/** Who sent several statements in one message, and is told of each by its place. */
export interface ListOwner {
  answered(at: number, reply: Reply): void;
  /** All that was answered in one message has been told. */
  heard(): void;
  /** The helper has ended: no more answers will come. */
  lost(error: PoolError): void;
}

/** Statements under way that were sent in one message. Their ids follow one another. */
export class SentList {
  readonly owner: ListOwner;
  readonly #first: number;
  #end: number;
  #unanswered: number;

  constructor(owner: ListOwner, first: number, count: number) {
    this.owner = owner;
    this.#first = first;
    this.#end = first + count;
    this.#unanswered = count;
  }

  get isOver(): boolean {
    return this.#unanswered <= 0;
  }

  has(id: number): boolean {
    return id >= this.#first && id < this.#end;
  }

  answered(reply: Reply): void {
    this.#unanswered--;
    this.owner.answered(reply.id - this.#first, reply);
  }

  /** Those from this id on were taken back: nobody waits for their replies any more. */
  forgetFrom(id: number): void {
    this.#unanswered -= this.#end - id;
    this.#end = id;
  }
}
