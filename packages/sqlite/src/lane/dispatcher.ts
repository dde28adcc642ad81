import { type Hold, type PoolError, type QueryOptions, readSignal, type Statement } from "@pool/core";
import { resultOf, type SqliteResult } from "../handle/handle.js";
import { ownValues } from "../handle/values.js";
import { type Values } from "../helper/protocol.js";
import { Plan } from "../read/plan.js";
import { Job, LONG_MS, QUICK_MS } from "./job.js";
import { type Lane } from "./lane.js";

export interface DispatcherOptions {
  /** How messages begin: names the connector. */
  readonly where: string;
  readonly threads: Lane;
  readonly processes: Lane;
  readonly writer: Lane;
  readonly queryTimeout: number;
  /** The task around the caller that may hold the writer. */
  readonly holdOfWriter: () => Hold | undefined;
  /** Refuses a write that would wait for the very transaction it is called from. */
  readonly assertNotHeld: (hold: Hold | undefined) => void;
}

/** Gives each statement that does not run in this thread to the lane that suits it. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #closed: PoolError | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  get closed(): PoolError | undefined {
    return this.#closed;
  }

  /** Takes no more statements; those that were taken go on. */
  close(error: PoolError): void {
    this.#closed = error;
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    const { threads, processes, writer } = this.#options;
    await Promise.all([threads.idle(), processes.idle(), writer.idle()]);
  }

  /** One statement on its own. Rejects with a PoolError, or the signal's reason. */
  send<Row>(plan: Plan, values: Values | undefined, options: QueryOptions | undefined): Promise<SqliteResult<Row>> {
    try {
      return this.#send(plan, values, options) as Promise<SqliteResult<Row>>; // the caller knows the type of its rows
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(plan: Plan, given: Values | undefined, options: QueryOptions = {}): Promise<unknown> {
    const { where, queryTimeout } = this.#options;
    const { timeout = queryTimeout, label } = options;
    const signal = this.#admit(options.signal);
    const values = ownValues(given, where);
    const ownTimeout = timeout < queryTimeout;
    const job = new Job(
      { plan, values, label, timeout, ownTimeout, signal, batch: undefined },
      performance.now(),
      resultOf,
    );
    // Asked here: a reader that finds a write tells so in whatever context its reply arrives.
    const hold = this.#options.holdOfWriter();
    if (plan.kind === "write") this.#write(job, hold);
    else {
      job.onWrites = () => {
        plan.writes();
        this.#write(job, hold);
      };
      this.#readLane(plan, signal !== undefined || ownTimeout).add(job);
    }
    return job.done;
  }

  /** Statements in one transaction, in one message to the writer. @throws what {@link send} and each of the statements throw */
  async batch(
    statements: readonly Statement[],
    begin: string,
    { signal: given, label }: { readonly signal?: AbortSignal; readonly label?: string },
  ): Promise<SqliteResult[]> {
    const { where, queryTimeout: timeout } = this.#options;
    const signal = this.#admit(given);
    const copies = statements.map(({ text, values: given }, at) => {
      const values = ownValues(given, `${where}: statement ${at} of the batch`);
      return { text, ...(values !== undefined && { values }) };
    });
    const plan = new Plan(`${begin}; ${statements[0]?.text ?? ""}; …`, "write");
    const batch = { begin, statements: copies };
    const job = new Job(
      { plan, values: undefined, label, timeout, ownTimeout: false, signal, batch },
      performance.now(),
      ({ outcomes = [] }) => outcomes.map((outcome) => resultOf(outcome)),
    );
    this.#write(job, this.#options.holdOfWriter());
    return (await job.done) as SqliteResult[]; // what was made of the outcomes
  }

  #admit(signal: unknown): AbortSignal | undefined {
    if (this.#closed !== undefined) throw this.#closed;
    const read = readSignal(`${this.#options.where}: signal`, signal);
    read?.throwIfAborted();
    return read;
  }

  #write(job: Job, hold: Hold | undefined): void {
    try {
      this.#options.assertNotHeld(hold);
      this.#options.writer.add(job);
    } catch (error) {
      job.fail(error);
    }
  }

  #readLane(plan: Plan, cancellable: boolean): Lane {
    const { threads, processes } = this.#options;
    if (cancellable && plan.expected > QUICK_MS) return processes;
    return !plan.unseen && plan.expected > LONG_MS ? processes : threads;
  }
}
