import type { Session, SqlClient, Transaction, TransactionOptions } from "../../src/transaction/index.js";
import { isPoolError } from "../../src/errors.js";
import type { ManualClock } from "../support/manual-clock.js";
import { DatabaseError, type Connection, type FakeDatabase, type Fault } from "./fake-database.js";

/** Is a row there? `maybe`: its statement was cancelled or lost its connection, so that nobody was told. */
type Fate = "yes" | "no" | "maybe";

/** What one unit of work has written, as far as its author was told. */
class Account {
  readonly rows = new Map<string, Fate>();

  settle(fate: "no" | "maybe"): void {
    for (const row of this.rows.keys()) if (fate === "no" || this.rows.get(row) === "yes") this.rows.set(row, fate);
  }

  absorb(inner: Account): void {
    for (const [row, fate] of inner.rows) this.rows.set(row, fate);
  }
}

// What these say was never sent.
const NEVER_SENT = [
  "TRANSACTION_ENDED",
  "TRANSACTION_BUSY",
  "SESSION_ENDED",
  "RESOURCE_LOST",
  "LEASE_ENDED",
  "ACQUIRE_TIMEOUT",
  "SELF_DEADLOCK",
  "UNAVAILABLE",
];

type Inserting = Pick<Transaction, "query">;

/** Random users of one client, and the book of what should have come of it. */
export class Storm {
  readonly problems: string[] = [];
  /** Rows that must be there, must not be there, or may. */
  readonly book = new Account();
  /** Groups of rows that must be there together or not at all. */
  readonly undecided: string[][] = [];
  readonly neverSent = new Set<string>();
  readonly outcomes = new Map<string, number>();
  /** Used by everybody at times, and never aborted: no listener may stay on it. */
  readonly shared = new AbortController();
  readonly #client: SqlClient<Connection>;
  readonly #clock: ManualClock;
  readonly #random: () => number;
  #rows = 0;
  #scopes = 0;

  constructor(client: SqlClient<Connection>, clock: ManualClock, random: () => number) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<const T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.#random() * choices.length)] ?? choices[0];
  }

  /** One user, from start to end. Never rejects. */
  async act(): Promise<void> {
    const kind = this.pick([
      "query",
      "transaction",
      "transaction",
      "transaction",
      "session",
      "session",
      "openSession",
      "sandbox",
      "batch",
    ]);
    try {
      await this.#acts[kind]();
      this.#count(`${kind} resolved`);
    } catch (error) {
      this.#count(`${kind} rejected: ${nameOf(error)}`);
    }
  }

  readonly #acts = {
    query: () => this.#insert(this.#client, "auto", this.book),
    transaction: () => this.#transaction((work, options) => this.#client.transaction(work, options), "commit"),
    sandbox: () => this.#transaction((work, options) => this.#client.sandbox(work, options), "rollback"),
    batch: async () => {
      const rows = Array.from({ length: 3 }, () => this.#row());
      const account = new Account();
      const scope = this.#scope();
      await this.#decide(account, "commit", () => {
        for (const row of rows) account.rows.set(row, "yes");
        return this.#client.batch(rows.map((row) => ({ text: "INSERT", values: [scope, row] })));
      });
    },
    session: () =>
      this.#client.session((session) => this.#useSession(session), { label: "storm", ...this.#maybeShared() }),
    openSession: async () => {
      const session = await this.#client.openSession();
      try {
        await this.#useSession(session);
      } finally {
        await session[Symbol.asyncDispose]();
        this.#tryLate(session, "auto");
      }
    },
  };

  async #transaction<T>(
    run: (work: (tx: Transaction) => Promise<string>, options: TransactionOptions) => Promise<T>,
    finish: "commit" | "rollback",
  ): Promise<T> {
    const controller = new AbortController();
    const aborts = this.chance(0.15);
    if (aborts) this.#clock.setTimeout(() => controller.abort(new Error("aborted")), this.#random() * 40);
    const last = { account: new Account() };
    const handles: Transaction[] = [];
    const options = {
      retries: this.pick([0, 0, 3]),
      ...(aborts ? { signal: controller.signal } : this.#maybeShared()),
    };
    const work = async (tx: Transaction): Promise<string> => {
      last.account.settle("no"); // of the run before
      this.book.absorb(last.account);
      last.account = new Account();
      handles.push(tx);
      await this.#work(tx, last.account, 0);
      return "done";
    };
    try {
      return await this.#decide(
        () => last.account,
        finish,
        () => run(work, options),
      );
    } finally {
      for (const handle of handles) this.#tryLate(handle, "late");
    }
  }

  /** Books what became of a transaction's rows. */
  async #decide<T>(
    account: Account | (() => Account),
    finish: "commit" | "rollback",
    run: () => Promise<T>,
  ): Promise<T> {
    const accounted = (): Account => (typeof account === "function" ? account() : account);
    try {
      const result = await run();
      if (finish === "rollback") accounted().settle("no");
      return result;
    } catch (error) {
      if (isPoolError(error, "OUTCOME_UNKNOWN")) {
        this.undecided.push([...accounted().rows].filter(([, fate]) => fate === "yes").map(([row]) => row));
        accounted().settle("maybe");
      } else {
        accounted().settle("no");
      }
      throw error;
    } finally {
      this.book.absorb(accounted());
    }
  }

  async #work(tx: Transaction, account: Account, depth: number): Promise<void> {
    const scope = this.#scope();
    const steps = Math.floor(this.#random() * 5);
    for (let step = 0; step < steps; step++) {
      const swallow = this.chance(0.5);
      try {
        await this.#step(tx, scope, account, depth);
      } catch (error) {
        if (!swallow) throw error;
      }
    }
    if (this.chance(0.1)) throw new Error("changed my mind");
  }

  async #step(tx: Transaction, scope: string, account: Account, depth: number): Promise<unknown> {
    switch (
      this.pick([
        "insert",
        "insert",
        "together",
        "unawaited",
        "savepoint",
        "savepoint",
        "side by side",
        "select",
        "pause",
      ])
    ) {
      case "insert":
        return await this.#insert(tx, scope, account);
      case "together":
        return await Promise.all([1, 2, 3].map(() => this.#insert(tx, scope, account)));
      case "unawaited":
        this.#insert(tx, scope, account).catch(() => undefined);
        return undefined;
      case "savepoint":
        return depth < 3 ? await this.#savepoint(tx, account, depth) : undefined;
      case "side by side": {
        const nested = this.#savepoint(tx, account, depth);
        const refused = [this.#insert(tx, scope, account), tx.transaction(async () => undefined)];
        const outcomes = await Promise.allSettled([nested, ...refused]);
        if (outcomes.slice(1).some((outcome) => outcome.status === "fulfilled"))
          this.problems.push("something ran beside an open savepoint");
        return undefined;
      }
      case "select":
        return await tx.query("SELECT", [scope], this.#maybeAborting());
      case "pause":
        return await this.#pause();
    }
  }

  async #savepoint(tx: Transaction, account: Account, depth: number): Promise<void> {
    const inner = new Account();
    let handle: Transaction | undefined;
    try {
      await tx.transaction(async (nested) => {
        handle = nested;
        await this.#work(nested, inner, depth + 1);
      });
    } catch (error) {
      inner.settle("no");
      throw error;
    } finally {
      account.absorb(inner);
      if (handle !== undefined) this.#tryLate(handle, "late");
    }
  }

  async #useSession(session: Session): Promise<void> {
    const steps = Math.floor(this.#random() * 6);
    for (let step = 0; step < steps; step++) {
      const swallow = this.chance(0.6);
      try {
        await this.#sessionStep(session);
      } catch (error) {
        if (!swallow) throw error;
      }
      if (session.inTransaction) return; // left open on purpose
    }
  }

  async #sessionStep(session: Session): Promise<unknown> {
    switch (this.pick(["insert", "together", "transaction", "by hand", "left open", "without", "nested query"])) {
      case "insert":
        return await this.#insert(session, "auto", this.book);
      case "together":
        return await Promise.all([1, 2].map(() => this.#insert(session, "auto", this.book)));
      case "transaction":
        return await this.#transaction((work, options) => session.transaction(work, options), "commit");
      case "by hand":
        return await this.#byHand(session, this.pick(["commit", "commit", "rollback"]));
      case "left open":
        return this.chance(0.2) ? await this.#byHand(session, undefined) : undefined;
      case "without":
        return await session.withoutConnection(async () => {
          await this.#pause();
          if (this.chance(0.5)) await this.#insert(session, "auto", this.book);
        });
      case "nested query":
        return await this.#insert(this.#client, "auto", this.book);
    }
  }

  async #byHand(session: Session, end: "commit" | "rollback" | undefined): Promise<void> {
    if (session.inTransaction) return;
    await session.begin();
    const account = new Account();
    const scope = this.#scope();
    try {
      await this.#insert(session, scope, account);
      if (this.chance(0.5)) await session.transaction((tx) => this.#work(tx, account, 1));
    } catch {
      end = end === undefined ? undefined : "rollback";
    }
    if (end === "commit") await this.#decide(account, "commit", () => session.commit());
    else {
      account.settle("no");
      this.book.absorb(account);
      if (end === "rollback") await session.rollback();
    }
  }

  /** Inserts a row of its own, and notes what it was told of it. */
  async #insert(where: Inserting, scope: string, account: Account): Promise<void> {
    const row = this.#row();
    account.rows.set(row, "maybe");
    try {
      await where.query("INSERT", [scope, row], this.#maybeAborting());
      account.rows.set(row, "yes");
    } catch (error) {
      const unsent = NEVER_SENT.some((code) => isPoolError(error, code));
      if (unsent) this.neverSent.add(row);
      if (unsent || (error instanceof DatabaseError && error.kind !== "lost")) account.rows.set(row, "no");
      throw error;
    }
  }

  /** Whoever keeps a handle past its end gets nowhere with it. */
  #tryLate(handle: Inserting, scope: string): void {
    const row = this.#row();
    this.neverSent.add(row);
    handle.query("INSERT", [scope, row]).then(
      () => this.problems.push("a statement ran after the end"),
      (error: unknown) => {
        if (!isPoolError(error, "TRANSACTION_ENDED") && !isPoolError(error, "SESSION_ENDED"))
          this.problems.push(`a late statement rejected with ${String(error)}`);
      },
    );
  }

  #maybeShared(): { signal?: AbortSignal } {
    return this.chance(0.5) ? { signal: this.shared.signal } : {};
  }

  #maybeAborting(): { signal?: AbortSignal; timeout?: number } {
    if (this.chance(0.9)) return this.#maybeShared();
    if (this.chance(0.3)) return { timeout: 1 + this.#random() * 5 };
    const controller = new AbortController();
    this.#clock.setTimeout(() => controller.abort(new Error("aborted")), this.#random() * 20);
    return { signal: controller.signal };
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, this.#random() * 10));
  }

  #row(): string {
    return `row-${String(++this.#rows)}`;
  }

  #scope(): string {
    return `scope-${String(++this.#scopes)}`;
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** Makes statements take time, fail, get lost and hang, each now and then. */
export function unsettle(database: FakeDatabase, clock: ManualClock, random: () => number): void {
  const faults: readonly (readonly [Fault, number])[] = [
    ["refused", 0.03],
    ["serialization", 0.02],
    ["lost", 0.01],
    ["reply lost", 0.01],
    ["hang", 0.01],
    ["deaf", 0.005],
    ["too late", 0.005],
  ];
  database.fault = () => {
    let dice = random();
    for (const [fault, share] of faults) if ((dice -= share) < 0) return fault;
    return undefined;
  };
  database.latency = () =>
    random() < 0.5 ? Promise.resolve() : new Promise((resolve) => clock.setTimeout(resolve, random() * 6));
}

function nameOf(error: unknown): string {
  if (isPoolError(error)) return error.code;
  return error instanceof DatabaseError ? error.kind : (error as Error).message;
}
