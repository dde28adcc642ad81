import { PoolError } from "@pool/core";
import { CLEAN, DIRT, type Dirt } from "./dirt.js";
import { hasEndedTransaction } from "./ended-transaction.js";
import {
  assertAllowed,
  forgetsPrepared,
  isCleanFor,
  rememberedDirt,
  type SessionMode,
  undoTexts,
} from "./session-dirt.js";
import { type PostgresResult } from "./statement.js";

/** What the lease in hand leaves behind in its session, as far as its texts tell, and how that is undone. */
export class Leftovers {
  #dirt: Dirt = CLEAN;
  #refusedWrite = false;
  /** How many transactions the statements have ended. */
  transactionsEnded = 0;
  readonly #mode: SessionMode;

  constructor(mode: SessionMode) {
    this.#mode = mode;
  }

  /** A text is about to be sent. @throws PoolError `INVALID_ARGUMENT` for one that must not be, see {@link assertAllowed} */
  note(text: string): void {
    const dirt = rememberedDirt(text);
    assertAllowed(this.#mode, dirt);
    this.#dirt |= dirt;
  }

  /** A write was refused for being one (SQLSTATE 25006): the transaction was read-only, or the server is. */
  noteRefusedWrite(): void {
    this.#refusedWrite = true;
  }

  /** A text was carried out, with this result. */
  noteDone(text: string, result: PostgresResult): void {
    if (hasEndedTransaction(text, result)) this.transactionsEnded++;
  }

  get refusedWrite(): boolean {
    return this.#refusedWrite;
  }

  /** Something is done that cannot be seen. */
  noteUnseen(): void {
    this.#dirt |= DIRT.unknown;
  }

  isCleanFor(mode: SessionMode): boolean {
    return !this.#refusedWrite && isCleanFor(mode, this.#dirt);
  }

  /** Undoes it, with one round trip where that is possible. Resolves with whether the session has forgotten its prepared statements. */
  async undo(mode: SessionMode, inTransaction: boolean, run: (text: string) => Promise<unknown>): Promise<boolean> {
    if (inTransaction && mode === "none") throw new PoolError("TRANSACTION_OPEN", "a transaction was left open");
    if ((this.#dirt & DIRT.session) !== 0 && !isCleanFor(mode, this.#dirt))
      throw new PoolError("RESET_FAILED", LASTING);
    const texts = undoTexts(mode, this.#dirt, inTransaction);
    for (const text of texts) await run(text);
    this.#dirt = CLEAN;
    this.#refusedWrite = false;
    return forgetsPrepared(texts);
  }
}

const LASTING = "the lease has left something behind that lasts as long as the session";
