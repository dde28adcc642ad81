import { PoolError } from "@pool/core";
import { type DocumentOptions, type DocumentProblem } from "./document.js";
import { Listeners } from "./listeners.js";

interface Version<T> {
  readonly value: T;
  readonly revision: bigint;
}

/** The version of a document that is in force, and why the newest one is not. */
export class Versions<T> {
  readonly listeners = new Listeners<T>();
  readonly #where: string;
  readonly #told: Pick<DocumentOptions<T>, "onChange" | "onInvalid">;
  readonly #first = Promise.withResolvers<undefined>();
  #held: Version<T> | undefined;
  #problem: DocumentProblem | undefined;
  #isOver = false;

  constructor(where: string, told: Pick<DocumentOptions<T>, "onChange" | "onInvalid">) {
    this.#where = where;
    this.#told = told;
    this.#first.promise.catch(() => undefined); // it may fail before anybody waits
  }

  /** Resolves with the first good one, and rejects when the first is bad. */
  get first(): Promise<undefined> {
    return this.#first.promise;
  }

  /** Of what is in force; -1n where nothing is yet, 0n for what stands for a document that is not there. */
  get revision(): bigint {
    return this.#held?.revision ?? -1n;
  }

  get inForce(): Version<T> {
    if (this.#held === undefined) throw new PoolError("DOCUMENT_MISSING", `${this.#where} has not been read`);
    return this.#held;
  }

  get problem(): DocumentProblem | undefined {
    return this.#problem;
  }

  accept(value: T, revision: bigint): void {
    const { onChange } = this.#told;
    const held = this.#held;
    if (this.#isOver || (held !== undefined && revision < held.revision)) return;
    this.#problem = undefined;
    if (revision === held?.revision) return; // seen again, after a break
    this.#held = { value, revision };
    this.#first.resolve(undefined);
    if (held === undefined) return;
    this.listeners.tell(value);
    if (onChange !== undefined) Listeners.call(() => onChange(value, { revision }));
  }

  refuse(problem: DocumentProblem): void {
    const { onInvalid } = this.#told;
    if (problem.revision !== undefined && problem.revision === this.#problem?.revision) return; // seen again
    this.#problem = problem;
    this.#first.reject(problem.error);
    if (onInvalid !== undefined) Listeners.call(() => onInvalid(problem));
  }

  /** Nobody waits for the first one any more. */
  giveUp(reason: unknown): void {
    this.#first.reject(reason);
  }

  end(reason: unknown): void {
    this.#isOver = true;
    this.giveUp(reason);
    this.listeners.end();
  }
}
