import { type SharedStatement } from "./statement.js";

/** Statements in their order, linked through themselves, so that one in the middle leaves without a search. */
export class StatementList {
  #first: SharedStatement | undefined;
  #last: SharedStatement | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): SharedStatement | undefined {
    return this.#first;
  }

  /** Somebody waits for one of them. */
  get isWanted(): boolean {
    for (const { settled } of this) if (!settled) return true;
    return false;
  }

  /** Tells all that wait. @param makeError is called for each */
  reject(makeError: (statement: SharedStatement) => Error): void {
    for (const statement of this) if (!statement.settled) statement.reject(makeError(statement));
  }

  clear(): void {
    for (const statement of this) this.remove(statement);
  }

  push(statement: SharedStatement): void {
    statement.before = this.#last;
    if (this.#last === undefined) this.#first = statement;
    else this.#last.behind = statement;
    this.#last = statement;
    this.#length += 1;
  }

  unshift(statement: SharedStatement): void {
    statement.behind = this.#first;
    if (this.#first === undefined) this.#last = statement;
    else this.#first.before = statement;
    this.#first = statement;
    this.#length += 1;
  }

  /** @param statement one that is in this list */
  remove(statement: SharedStatement): void {
    const { before, behind } = statement;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    statement.before = undefined;
    statement.behind = undefined;
    this.#length -= 1;
  }

  /** In their order. The one at hand may be removed while it is looked at. */
  *[Symbol.iterator](): Generator<SharedStatement> {
    let statement = this.#first;
    while (statement !== undefined) {
      const { behind } = statement;
      yield statement;
      statement = behind;
    }
  }
}
