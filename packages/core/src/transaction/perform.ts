import { PoolLease, type Lease } from "../pool/lease.js";
import { endsAreHeard, type StatementToTell } from "../pool/leased-statement.js";
import { contextHeard } from "../pool/told-ends.js";
import { isConnectionLost } from "./ask-driver.js";
import type { SqlContext } from "./context.js";
import type { Done } from "./sql-driver.js";
import { abortedBefore, type StatementCall } from "./statement-call.js";
import { StatementRun } from "./statement-run.js";
import type { Verdict } from "./verdict.js";

/**
 * Runs one statement on a lease, and tells what became of it: once, and out of whatever the driver has heard of it in.
 * @param tellsEarly does not wait for a cancel that takes its time; only then a verdict may be "cancelling"
 */
export function perform<R>(
  context: SqlContext<R>,
  lease: Lease<R>,
  call: StatementCall,
  tellsEarly: boolean,
  told: (verdict: Verdict) => void,
): void {
  const aborted = abortedBefore(call);
  if (aborted !== undefined) return told({ kind: "unsent", error: aborted.reason });
  new Performance(context, lease, new StatementRun(context, call, tellsEarly), told).begin(call);
}

/** To be kept and never used, so that V8 does not forget what it has compiled for them; `pool/kept-shapes.ts` says why. */
export function keptShapes<R>(context: SqlContext<R>): readonly unknown[] {
  const run = new StatementRun(context, { text: "", values: [] }, true);
  const none = undefined as unknown as Lease<R>; // it is never begun
  return [run, new Performance(context, none, run, () => undefined)];
}

/** One statement on a lease, which counts its time and knows its text, until there is a verdict. */
class Performance<R> implements Done<unknown> {
  readonly #context: SqlContext<R>;
  readonly #lease: Lease<R>;
  readonly #run: StatementRun<R>;
  readonly #told: (verdict: Verdict) => void;
  /** The lease, where it is to be told of the end. */
  #begun: PoolLease<R> | undefined;
  /** Of a statement whose end somebody listens to. */
  #toTell: StatementToTell | undefined;
  #sent = false;

  constructor(context: SqlContext<R>, lease: Lease<R>, run: StatementRun<R>, told: (verdict: Verdict) => void) {
    this.#context = context;
    this.#lease = lease;
    this.#run = run;
    this.#told = told;
  }

  begin(call: StatementCall): void {
    const lease = this.#lease;
    try {
      if (!(lease instanceof PoolLease) || !lease.tryBegin(call.text)) return this.#track(call);
      this.#begun = lease;
      if (endsAreHeard()) this.#toTell = lease.toTell(call.text, call.label, call.values);
      if (contextHeard()) this.#sendFromContext();
      else this.#send(this);
    } catch (error) {
      this.reject(error);
    }
  }

  resolve(result: unknown): void {
    this.#begun?.end(this.#toTell, result);
    this.#told(answered(this.#run, result));
    this.#begun?.instantIsOver();
  }

  reject(error: unknown): void {
    this.#begun?.end(this.#toTell, undefined, { error });
    this.#tellFailure(error);
    this.#begun?.instantIsOver();
  }

  #tellFailure(error: unknown): void {
    const [run, context, lease] = [this.#run, this.#context, this.#lease];
    if (!this.#sent) return this.#told({ kind: "unsent", error });
    if (run.over === undefined) return this.#told(failed(context, lease, run, error));
    const over = run.over.then((end) =>
      "result" in end ? answered(run, end.result) : failed(context, lease, run, end.error),
    );
    this.#told({ kind: "cancelling", error, over });
  }

  /** One promise brings the end into the async context of the caller. (An `AsyncResource` costs more, beside a real server: 4 µs where this takes 1.5.) */
  #sendFromContext(): void {
    this.#settle(new Promise((resolve, reject) => this.#send({ resolve, reject })));
  }

  #track({ text, label, values }: StatementCall): void {
    const send = (): Promise<unknown> => new Promise((resolve, reject) => this.#send({ resolve, reject }));
    this.#settle(this.#lease.track(text, send, label, values));
  }

  #settle(answer: Promise<unknown>): void {
    answer.then(
      (result) => this.resolve(result),
      (error: unknown) => this.reject(error),
    );
  }

  #send(done: Done<unknown>): void {
    const { resource } = this.#lease;
    this.#sent = true;
    this.#run.start(resource, done);
  }
}

function answered<R>(run: StatementRun<R>, result: unknown): Verdict {
  if (run.cancelled === undefined) return { kind: "done", result };
  return { kind: "cancelled", error: run.cancelled.reason, late: result };
}

function failed<R>(context: SqlContext<R>, lease: Lease<R>, run: StatementRun<R>, error: unknown): Verdict {
  const lost = run.abandoned || !lease.active || isConnectionLost(context.driver, error);
  if (lost) lease.destroy(error);
  if (run.cancelled === undefined) return { kind: lost ? "lost" : "refused", error };
  return { kind: lost ? "lost" : "cancelled", error: run.cancelled.reason, refusal: error };
}
