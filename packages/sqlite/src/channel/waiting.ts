import { type PoolError } from "@pool/core";
import { type Reply } from "../helper/protocol.js";
import { type Pending } from "./pending.js";
import { type ListOwner, SentList } from "./sent-list.js";

/** Where they begin anew: a thread is told them in 32 bits. */
export const END_OF_IDS = 2 ** 30;

/** Who waits for replies of one helper: for single ones, and for those of one list. Numbers the requests. */
export class Waiting {
  readonly #pending = new Map<number, Pending>();
  /** At most one is under way. */
  #list: SentList | undefined;
  #nextId: number;

  constructor(nextId = 1) {
    this.#nextId = nextId;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0 && this.#list === undefined;
  }

  has(id: number): boolean {
    return this.#list?.has(id) === true || this.#pending.has(id);
  }

  /** Numbers for so many requests, none of which is waited for. @returns the first; the others follow */
  number(count: number): number {
    let first = this.#nextId;
    while (first + count > END_OF_IDS || this.#anyIn(first, count)) first = first + count > END_OF_IDS ? 1 : first + 1;
    this.#nextId = first + count;
    return first;
  }

  add(id: number, pending: Pending): void {
    this.#pending.set(id, pending);
  }

  delete(id: number): void {
    this.#pending.delete(id);
  }

  addList(owner: ListOwner, first: number, count: number): void {
    this.#list = new SentList(owner, first, count);
  }

  deleteList(): void {
    this.#list = undefined;
  }

  /** Those of the list from this id on were taken back before they began: nobody waits for their replies any more. */
  forgetFrom(id: number): void {
    this.#list?.forgetFrom(id);
    if (this.#list?.isOver === true) this.#list = undefined;
  }

  /** Tells each who waits for one of these. @returns the owner of the list, who is to hear that these were all */
  answer(replies: readonly Reply[]): ListOwner | undefined {
    const list = this.#list;
    for (const reply of replies) {
      if (list?.has(reply.id) === true) list.answered(reply);
      else this.#answerOne(reply);
    }
    if (list?.isOver === true) this.#list = undefined;
    return list?.owner;
  }

  /** No more replies will come. */
  lose(error: PoolError): void {
    const pending = [...this.#pending.values()];
    const list = this.#list;
    this.#pending.clear();
    this.#list = undefined;
    for (const one of pending) one.lost(error);
    list?.owner.lost(error);
  }

  #anyIn(first: number, count: number): boolean {
    if (this.isEmpty) return false;
    for (let id = first; id < first + count; id++) if (this.has(id)) return true;
    return false;
  }

  #answerOne(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    pending?.settle(reply);
  }
}
