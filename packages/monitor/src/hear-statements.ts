import type { EventOf } from "@pool/core";
import { summariseError } from "./errors/summarise-error.js";
import type { FlightRecorder } from "./flight/flight-recorder.js";
import type { Parts } from "./parts.js";
import type { PoolBooks } from "./pools/pool-books.js";
import type { SentStatement } from "./snapshot/statement-snapshot.js";
import type { ErrorSummary } from "./snapshot/error-summary.js";
import type { StatementRow } from "./statements/statement-row.js";
import { viewSent } from "./statements/view-sent.js";

/** What is done about each statement when it ends. The one that runs most: whatever it does not need it does not touch. */
export class StatementEar {
  readonly #parts: Parts;
  readonly #books: PoolBooks;
  readonly #recorder: FlightRecorder;
  /** From so many ms on, more is done about it than to write it down. */
  readonly #tellAfter: number;
  readonly #logAfter: number;
  readonly #slowAfter: number;
  readonly #debug: boolean;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#books = parts.books;
    this.#recorder = parts.recorder;
    const { logAfter, slowAfter, debug } = parts.options;
    this.#logAfter = Math.min(logAfter, slowAfter);
    this.#slowAfter = slowAfter;
    this.#debug = debug;
    this.#tellAfter = debug ? -Infinity : this.#logAfter;
  }

  statement(event: EventOf<"pool:statement">): void {
    if (event.leaseId === undefined) this.#books.get(event.pool); // opened while the pool is there; a loan has opened it already
    this.#recorder.statement(event);
    if (event.failed || event.durationMs >= this.#tellAfter) this.#tell(event);
  }

  /** {@link statement}, in the async context of its caller. */
  statementInContext(event: EventOf<"pool:statement">): void {
    const { pool, leaseId } = event;
    const { traces } = this.#parts;
    if (leaseId !== undefined) traces.note(pool, leaseId, traces.current());
    this.statement(event);
  }

  #tell(event: EventOf<"pool:statement">): void {
    const { recorder, table, texts } = this.#parts;
    recorder.settle();
    const row = table.row(event.pool, texts.get(event.statement));
    const error = event.failed ? this.#failed(event, row) : null;
    if (event.durationMs >= this.#logAfter) this.#slow(event, row, error);
    if (this.#debug) this.#print(event, row, error);
  }

  #failed({ pool, error }: EventOf<"pool:statement">, row: StatementRow): ErrorSummary {
    const { books, classifier, clock } = this.#parts;
    const errorClass = classifier.classify(pool, error);
    const book = books.get(pool);
    book.counts.errors.add(clock.now());
    book.errorsByClass[errorClass]++;
    row.fail(errorClass);
    return summariseError(error, errorClass);
  }

  #slow(event: EventOf<"pool:statement">, row: StatementRow, error: ErrorSummary | null): void {
    const { books, clock, slow, traces, timeOfDay } = this.#parts;
    const book = books.get(event.pool);
    if (event.durationMs >= this.#slowAfter) {
      book.counts.slow.add(clock.now());
      row.slow++;
    }
    slow.add(event, row, {
      at: timeOfDay(),
      kind: book.kind,
      traceId: traces.current(),
      error,
      sent: this.#sent(event),
    });
  }

  #sent(event: EventOf<"pool:statement">): SentStatement | null {
    return this.#parts.options.values ? viewSent(event) : null;
  }

  #print(event: EventOf<"pool:statement">, row: StatementRow, error: ErrorSummary | null): void {
    const { pool, label, leaseId, durationMs, rowCount } = event;
    const { text, id } = row.fingerprint;
    const fields = {
      event: "statement",
      pool,
      label,
      leaseId,
      durationMs,
      rows: rowCount,
      fingerprint: id,
      statement: text,
      sent: this.#sent(event),
      error,
    };
    this.#parts.log.writeAlways(
      "debug",
      fields,
      `${error === null ? "ran" : "failed"} in ${durationMs.toFixed(1)} ms: ${text}`,
    );
  }
}
