import type { HotCounter } from "./flight/flight-recorder.js";
import type { PoolBooks } from "./pools/pool-books.js";
import type { StatementRow } from "./statements/statement-row.js";
import type { StatementTable } from "./statements/statement-table.js";
import type { TextCache } from "./statements/text-cache.js";

/** Where leases and statements are counted. */
export interface CountedIn {
  readonly books: PoolBooks;
  readonly table: StatementTable;
  readonly texts: TextCache;
}

/** Counts what comes with every statement, some time after it came. */
export class BookKeeper implements HotCounter {
  readonly #in: CountedIn;
  // The row that was looked up last, and with how many gone from the table.
  #row: StatementRow | undefined;
  #statement = "";
  #rowsLeft = 0;
  /** The time of day, once a tick. */
  at: number;

  constructor(countedIn: CountedIn, at: number) {
    this.#in = countedIn;
    this.at = at;
  }

  leased(pool: string, waitedMs: number): void {
    const book = this.#in.books.get(pool);
    book.acquired++;
    book.times.wait.record(waitedMs);
  }

  released(pool: string, heldMs: number, busyMs: number, openTransaction: boolean, at: number): void {
    const book = this.#in.books.get(pool);
    book.released++;
    book.times.hold.record(heldMs);
    book.times.use.record(busyMs);
    if (openTransaction) book.counts.openTransactions.add(at);
  }

  sent(pool: string, statement: string, label: string | undefined, durationMs: number, rowCount?: number): void {
    const { books, table, texts } = this.#in;
    const book = books.get(pool);
    book.statements++;
    book.times.statement.record(durationMs);
    if (rowCount !== undefined) book.rows += rowCount;
    let row = this.#row;
    // Statements of one text come in runs.
    if (row?.pool !== pool || this.#statement !== statement || this.#rowsLeft !== table.left) {
      row = this.#row = table.row(pool, texts.get(statement));
      this.#statement = statement;
      this.#rowsLeft = table.left;
    }
    row.record(durationMs, rowCount, label, this.at);
  }
}
