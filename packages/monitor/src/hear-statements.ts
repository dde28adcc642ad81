import type { EventOf } from "@pool/core";
import { summariseError } from "./errors/summarise-error.js";
import type { Parts } from "./parts.js";
import type { SentStatement } from "./snapshot/statement-snapshot.js";
import type { ErrorSummary } from "./snapshot/error-summary.js";
import type { StatementRow } from "./statements/statement-row.js";
import { viewSent } from "./statements/view-sent.js";

/** What is done about each statement when it ends. The one that runs most: whatever it does not need it does not touch. */
export class StatementEar {
  readonly #parts: Parts;
  readonly #logAfter: number;
  readonly #slowAfter: number;
  readonly #debug: boolean;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { logAfter, slowAfter, debug } = parts.options;
    this.#logAfter = Math.min(logAfter, slowAfter);
    this.#slowAfter = slowAfter;
    this.#debug = debug;
  }

  statement(event: EventOf<"pool:statement">): void {
    const { pool, leaseId, durationMs } = event;
    const { books, recorder, traces } = this.#parts;
    books.get(pool); // opened while the pool is there
    recorder.statement(event, event.startedAt + durationMs);
    if (traces.isOn && leaseId !== undefined) traces.note(pool, leaseId, traces.current());
    if (event.failed || durationMs >= this.#logAfter || this.#debug) this.#tell(event);
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
