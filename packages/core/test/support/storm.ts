import { isPoolError, reasonOf } from "../../src/errors.js";
import { createPool } from "../../src/pool/create-pool.js";
import type { Lease } from "../../src/pool/lease.js";
import type { PoolOptions } from "../../src/pool/options.js";
import type { ResourceStatus } from "../../src/pool/factory.js";
import type { AcquireOptions, Pool, Priority } from "../../src/pool/pool.js";
import { ManualClock, settle } from "./manual-clock.js";
import { seededRandom } from "./random.js";
import { CALM, StormBackend, type StormResource, type Weather } from "./storm-backend.js";

/** A call of acquire or use, from its call to its end. */
interface Call {
  readonly order: number;
  readonly priority: Priority;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  state: "waiting" | "lent" | "failed";
  leaseId: number;
  /** Every lease that was out at the call belongs to a task around it, or to one that waits as well. */
  readonly mayDeadlock: boolean;
}

/** A lease in the hands of the storm. */
interface Hand {
  readonly lease: Lease<StormResource>;
  readonly resource: StormResource;
  /** Of a task: ends it. A bare lease is released by whoever holds it. */
  readonly finish: PromiseWithResolvers<undefined> | undefined;
  /** How many calls made inside the task wait. */
  waitingInside: number;
}

type Timeouts = "acquireTimeout" | "connectTimeout" | "closeTimeout";

type StormOptions = PoolOptions & Readonly<Record<"maxSize" | Timeouts, number>>;

export interface StormReport {
  readonly steps: number;
  readonly calls: number;
  readonly opened: number;
  /** How calls that got no lease ended. */
  readonly failures: Readonly<Record<string, number>>;
  readonly closedBy: Readonly<Record<string, number>>;
}

/** Runs one storm to its end. Throws what was broken, with the seed and the last steps. */
export async function storm(seed: number, steps: number): Promise<StormReport> {
  const run = new Storm(seed);
  try {
    return await run.play(steps);
  } catch (error) {
    throw new Error(
      `storm with seed ${String(seed)}: ${reasonOf(error)}\n  after ${run.lastSteps.join("\n        ")}`,
      {
        cause: error,
      },
    );
  }
}

const LATEST = 50; // what an acquire may settle after its deadline, in ms
/** Connects keep so far apart, in ms, while what they open dies young. */
const RATE = 150;

class Storm {
  readonly lastSteps: string[] = [];
  readonly #random: () => number;
  readonly #clock = new ManualClock();
  readonly #options: StormOptions;
  readonly #backend: StormBackend;
  readonly #pool: Pool<StormResource>;
  readonly #calls: Call[] = [];
  readonly #hands = new Map<number, Hand>();
  readonly #ended: Lease<StormResource>[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #broken: string[] = [];
  readonly #controllers = new Map<AbortSignal, AbortController>();
  #waiting: Call[] = [];
  #maxSize: number;
  #maxIdle: number;
  /** The largest `maxSize` there was. */
  #largest: number;
  #warmest = 0;
  #warming = 0;
  #lent = 0;
  #tried = 0;
  #order = 0;
  #calming = false;
  #finished: Lease<StormResource>[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#options = this.#drawOptions();
    this.#maxSize = this.#options.maxSize;
    this.#maxIdle = this.#options.maxIdle ?? this.#maxSize;
    this.#largest = this.#maxSize;
    const validate = this.#chance(0.6);
    this.#backend = new StormBackend({
      clock: this.#clock,
      random: this.#random,
      connectTimeout: this.#options.connectTimeout,
      closeTimeout: this.#options.closeTimeout,
      can: {
        validate,
        validateAlways: validate && this.#chance(0.2),
        reset: this.#chance(0.5),
        status: this.#chance(0.5),
      },
    });
    this.#backend.allowed = this.#maxSize;
    this.#pool = createPool(this.#backend, this.#options);
    this.#backend.holderOf = (resourceId) =>
      this.#pool.holders().find((holder) => holder.resourceId === resourceId)?.leaseId;
  }

  async play(steps: number): Promise<StormReport> {
    for (let step = 0; step < steps; step++) {
      await this.#step();
      this.#check();
    }
    await this.#calmDown();
    await this.#end();
    const { totals } = this.#pool.stats;
    const report = { steps, calls: this.#calls.length, opened: totals.created, failures: this.#failures };
    return { ...report, closedBy: totals.closedBy };
  }

  #drawOptions(): StormOptions {
    const maxSize = this.#between(1, 6);
    const maxIdle = this.#chance(0.5) ? maxSize : this.#between(0, maxSize);
    const lasting = (least: number, most: number): number =>
      this.#chance(0.5) ? Infinity : this.#between(least, most);
    return {
      name: "storm",
      clock: this.#clock,
      random: this.#random,
      maxSize,
      maxIdle,
      minIdle: this.#chance(0.7) ? 0 : this.#between(0, maxIdle),
      maxWaiting: this.#chance(0.5) ? Infinity : this.#between(0, 12),
      maxConnecting: this.#between(1, 4),
      acquireTimeout: lasting(50, 4_000),
      connectTimeout: this.#between(100, 3_000),
      validateTimeout: this.#between(50, 1_000),
      closeTimeout: this.#between(50, 1_000),
      idleTimeout: lasting(1_000, 10_000),
      maxLifetime: lasting(1_000, 20_000),
      maxUses: lasting(1, 10),
      validateIfIdleFor: this.#chance(0.3) ? 0 : this.#between(1, 2_000),
      keepAliveInterval: lasting(1_000, 8_000),
      reclaimAfter: this.#chance(0.8) ? Infinity : this.#between(2_000, 10_000),
      reuse: this.#oneOf("lifo", "fifo"),
      selfDeadlock: this.#oneOf("error", "error", "reuse", "off"),
    };
  }

  async #step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.26) this.#acquire();
    else if (dice < 0.33) void this.#use([]);
    else if (dice < 0.37) this.#tryAcquire();
    else if (dice < 0.55) this.#letGo();
    else if (dice < 0.58) this.#destroy();
    else if (dice < 0.6) this.#touchEnded();
    else if (dice < 0.64) this.#abort();
    else if (dice < 0.67) this.#lose();
    else if (dice < 0.7) this.#dirty();
    else if (dice < 0.73) this.#track();
    else if (dice < 0.75) this.#resize();
    else if (dice < 0.765) this.#evict();
    else if (dice < 0.78) this.#warm();
    else if (dice < 0.795) this.#reclaim();
    else if (dice < 0.83) this.#changeWeather();
    else await this.#advance(this.#oneOf(1, 10, 50, 200, 500, 1_000, 3_000));
    await settle();
  }

  #acquire(): void {
    const call = this.#newCall();
    this.#note(`acquire ${describe(call.options)}`);
    this.#pool.acquire(call.options).then(
      (lease) => {
        this.#granted(call.call, lease, undefined);
      },
      (error: unknown) => {
        this.#failed(call.call, error);
      },
    );
  }

  #use(around: readonly Hand[]): Promise<void> {
    // Inside a task no wait is endless: in the mode "off" it may be for what the task holds itself.
    const inside = around.length > 0;
    const { call, options } = this.#newCall(inside ? this.#between(1, 500) : undefined, around);
    this.#note(`use ${describe(options)}${inside ? " inside a task" : ""}`);
    for (const hand of around) hand.waitingInside++;
    const waitsNoMore = once(() => {
      for (const hand of around) hand.waitingInside--;
    });
    const finish = Promise.withResolvers<undefined>();
    finish.promise.catch(() => undefined);
    return this.#pool
      .use(async (_resource, lease) => {
        waitsNoMore();
        if (this.#hands.has(lease.id)) {
          // The same lease again, in the mode "reuse": the call got no lease of its own.
          this.#calls.splice(this.#calls.indexOf(call), 1);
          this.#waiting.splice(this.#waiting.indexOf(call), 1);
          if (this.#options.selfDeadlock !== "reuse") this.#broken.push("a lease was handed out twice");
          return;
        }
        const hand = this.#granted(call, lease, finish);
        try {
          if (around.length < 2 && this.#chance(0.3) && !this.#calming) await this.#use([...around, hand]);
          await finish.promise;
        } finally {
          this.#hands.delete(lease.id);
          this.#finished.push(lease);
        }
      }, options)
      .catch((error: unknown) => {
        waitsNoMore();
        if (call.state === "waiting") this.#failed(call, error);
      });
  }

  #tryAcquire(): void {
    const before = this.#pool.stats;
    const lease = this.#pool.tryAcquire();
    this.#note(`tryAcquire gave ${lease === undefined ? "nothing" : String(lease.id)}`);
    if (lease === undefined) return;
    if (before.waiting > 0) this.#broken.push("tryAcquire overtook those who wait");
    this.#tried++;
    this.#hold(lease, undefined);
  }

  #letGo(): void {
    const hand = this.#anyHand();
    if (hand === undefined) return;
    if (hand.finish !== undefined) {
      this.#note(`task with lease ${String(hand.lease.id)} ends`);
      if (this.#chance(0.3)) hand.finish.reject(new Error("the task failed"));
      else hand.finish.resolve(undefined);
      return;
    }
    this.#note(`release ${String(hand.lease.id)}`);
    this.#drop(hand);
    hand.lease.release();
    if (this.#chance(0.2)) hand.lease.release();
  }

  #destroy(): void {
    const hand = this.#anyHand();
    if (hand === undefined) return;
    this.#note(`destroy ${String(hand.lease.id)}`);
    hand.resource.lost = true; // never to be lent again
    hand.resource.lostUnder = hand.lease.id;
    hand.lease.destroy(new Error("broken"));
    if (hand.finish === undefined) this.#drop(hand);
  }

  #touchEnded(): void {
    const lease = this.#pick(this.#ended);
    if (lease === undefined) return;
    this.#note(`touch lease ${String(lease.id)}, which has ended`);
    lease.release();
    lease.destroy();
    try {
      const { id } = lease.resource;
      this.#broken.push(`a lease gave resource ${String(id)} after its end`);
    } catch (error) {
      if (!isPoolError(error, "LEASE_ENDED")) throw error;
    }
  }

  #abort(): void {
    const signal = this.#pick(this.#waiting.filter((call) => call.signal !== undefined))?.signal;
    this.#note("abort a signal");
    if (signal !== undefined) this.#controllers.get(signal)?.abort(new Error("aborted by the storm"));
  }

  #lose(): void {
    const resource = this.#pick(this.#backend.resources.slice(-12));
    if (resource === undefined) return;
    this.#note(`resource ${String(resource.id)} is lost`);
    this.#backend.lose(resource);
  }

  #dirty(): void {
    const hand = this.#anyHand();
    if (hand === undefined) return;
    hand.resource.status = this.#oneOf<ResourceStatus>({}, { clean: true }, { inTransaction: true }, { busy: true });
    this.#note(`resource ${String(hand.resource.id)} is now ${JSON.stringify(hand.resource.status)}`);
  }

  #track(): void {
    const hand = this.#anyHand();
    if (hand === undefined) return;
    const ms = this.#between(1, 500);
    const fails = this.#chance(0.3);
    this.#note(`a statement of ${String(ms)} ms on lease ${String(hand.lease.id)}`);
    const work = (): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#clock.setTimeout(() => (fails ? reject(new Error("syntax")) : resolve()), ms);
      });
    hand.lease.track("SELECT 1", work).catch((error: unknown) => {
      if (isPoolError(error, "LEASE_ENDED") || (error as Error).message === "syntax") return;
      this.#broken.push(`track failed with ${reasonOf(error)}`);
    });
  }

  #resize(): void {
    const maxSize = this.#between(1, 7);
    const maxIdle = this.#between(0, maxSize);
    const minIdle = this.#chance(0.7) ? 0 : this.#between(0, maxIdle);
    this.#note(`resize to ${String(maxSize)}, ${String(maxIdle)} idle at most and ${String(minIdle)} at least`);
    this.#backend.allowed = Math.max(maxSize, this.#backend.load);
    this.#maxSize = maxSize;
    this.#maxIdle = maxIdle;
    this.#largest = Math.max(this.#largest, maxSize);
    this.#pool.resize({ maxSize, maxIdle, minIdle });
  }

  #evict(): void {
    this.#note("evict");
    this.#backend.generation++;
    this.#pool.evict();
  }

  #warm(): void {
    const count = this.#between(1, this.#maxSize);
    const signal = this.#newSignal();
    this.#note(`warm ${String(count)}`);
    this.#warming++;
    this.#warmest = Math.max(this.#warmest, count);
    this.#pool.warm(count, this.#chance(0.5) ? { signal } : {}).then(
      () => this.#warming--,
      () => this.#warming--,
    );
  }

  #reclaim(): void {
    const hand = this.#anyHand();
    const id = hand === undefined || this.#chance(0.2) ? this.#between(0, 50) : hand.lease.id;
    const wasActive = this.#hands.get(id)?.lease.active === true;
    this.#note(`reclaim ${String(id)}`);
    if (this.#pool.reclaim(id) !== wasActive) this.#broken.push(`reclaim ${String(id)} said ${String(!wasActive)}`);
  }

  #changeWeather(): void {
    if (this.#chance(0.4)) {
      this.#note("calm");
      this.#backend.weather = CALM;
      return;
    }
    const weather: Weather = { ...CALM };
    const bad: string[] = [];
    for (const name of Object.keys(CALM) as (keyof Weather)[]) {
      if (!this.#chance(0.3)) continue;
      weather[name] = this.#oneOf(0.1, 0.5, 1);
      bad.push(`${name} ${String(weather[name])}`);
    }
    this.#note(`weather: ${bad.join(", ")}`);
    this.#backend.weather = weather;
  }

  async #advance(ms: number): Promise<void> {
    this.#note(`${String(ms)} ms pass`);
    await this.#clock.advance(ms);
  }

  /** In good weather and with everything given back, everybody is served, and a new caller as well. */
  async #calmDown(): Promise<void> {
    this.#note("calm, and everything is given back");
    this.#backend.weather = CALM;
    this.#calming = true;
    for (let i = 0; (this.#waiting.length > 0 || this.#warming > 0 || this.#hands.size > 0) && i < 400; i++) {
      for (const hand of [...this.#hands.values()]) {
        hand.finish?.resolve(undefined);
        if (hand.finish === undefined) {
          this.#drop(hand);
          hand.lease.release();
        }
      }
      await settle();
      this.#check();
      if (i > 3) await this.#clock.advance(100);
    }
    if (this.#waiting.length > 0) throw new Error(`${String(this.#waiting.length)} still wait 40 s after all is well`);
    if (this.#warming > 0) throw new Error("a warm-up has not settled 40 s after all is well");
    if (this.#hands.size > 0) throw new Error("a task has not ended");
    await this.#clock.advance(2_000);
    const served: Lease<StormResource>[] = [];
    this.#pool.acquire({ timeout: 5_000 }).then(
      (lease) => served.push(lease),
      (error: unknown) => this.#broken.push(`with all well a caller got ${reasonOf(error)}`),
    );
    await this.#clock.advance(1_000);
    if (served.length === 0) throw new Error("a caller was not served within a second although all is well");
    this.#lent++;
    served[0]?.release();
    await settle();
  }

  /** Some leases get stuck; close ends them all. */
  async #end(): Promise<void> {
    this.#calming = false;
    for (let i = 0; i < 8; i++) await this.#step();
    const timeout = this.#oneOf(0, 10, 500, 3_000);
    this.#note(`close within ${String(timeout)} ms`);
    const ends: string[] = [];
    this.#pool.close({ timeout }).then(
      () => ends.push("closed"),
      (error: unknown) => this.#broken.push(`close rejected: ${reasonOf(error)}`),
    );
    if (this.#chance(0.3)) void this.#pool.close({ timeout: timeout + 5_000 });
    await settle();
    if (this.#waiting.length > 0) throw new Error("somebody still waits although the pool is closing");
    if (this.#chance(0.5)) for (const hand of this.#hands.values()) if (this.#chance(0.5)) hand.lease.release();
    const { validateTimeout = 0, closeTimeout } = this.#options;
    await this.#clock.advance(timeout + Number(validateTimeout) + 2 * closeTimeout + 1);
    if (ends.length === 0) throw new Error("close has not settled within its time");
    for (const hand of this.#hands.values()) {
      if (hand.lease.active) throw new Error(`lease ${String(hand.lease.id)} goes on after close`);
      hand.finish?.resolve(undefined);
    }
    const { size, state } = this.#pool.stats;
    if (size !== 0 || state !== "closed") throw new Error(`closed, and still ${state} with ${String(size)} resources`);
    await this.#clock.advance(60_000); // what hung has come by now
    if (this.#warming > 0) throw new Error("a warm-up has not settled after close");
    const open = this.#backend.open.map((resource) => resource.id);
    if (open.length > 0) throw new Error(`resources ${open.join(", ")} were never closed`);
    if (this.#clock.pending > 0) throw new Error(`${String(this.#clock.pending)} timers are left`);
    this.#hands.clear();
    this.#check();
  }

  #newCall(timeoutInside?: number, around: readonly Hand[] = []): { call: Call; options: AcquireOptions } {
    const options: { -readonly [K in keyof AcquireOptions]: AcquireOptions[K] } = {};
    if (this.#chance(0.3)) options.timeout = this.#oneOf(0, 1, 20, 100, 1_000, 10_000, Infinity);
    if (this.#chance(around.length > 0 ? 0.6 : 0.3)) options.signal = this.#newSignal();
    if (this.#chance(0.3)) options.priority = this.#oneOf<Priority>("high", "normal", "low");
    if (this.#chance(0.1)) options.label = "labelled";
    if (timeoutInside !== undefined) options.timeout = timeoutInside;
    const timeout = options.timeout ?? this.#options.acquireTimeout;
    const call: Call = {
      order: this.#order++,
      priority: options.priority ?? "normal",
      deadline: this.#clock.now() + timeout,
      signal: options.signal,
      state: "waiting",
      leaseId: 0,
      mayDeadlock: [...this.#hands.values()].every(
        (hand) => !hand.lease.active || hand.waitingInside > 0 || around.includes(hand),
      ),
    };
    this.#calls.push(call);
    this.#waiting.push(call);
    return { call, options };
  }

  /** One that others wait with already, or a new one. */
  #newSignal(): AbortSignal {
    const known = this.#pick(this.#waiting)?.signal;
    if (known?.aborted === false && this.#chance(0.5)) return known;
    const controller = new AbortController();
    this.#controllers.set(controller.signal, controller);
    return controller.signal;
  }

  #granted(call: Call, lease: Lease<StormResource>, finish: PromiseWithResolvers<undefined> | undefined): Hand {
    if (call.state !== "waiting") this.#broken.push("a call was settled twice");
    call.state = "lent";
    call.leaseId = lease.id;
    this.#waiting.splice(this.#waiting.indexOf(call), 1);
    this.#lent++;
    return this.#hold(lease, finish);
  }

  #failed(call: Call, error: unknown): void {
    if (call.state !== "waiting") this.#broken.push("a call was settled twice");
    call.state = "failed";
    this.#waiting.splice(this.#waiting.indexOf(call), 1);
    const reason = isPoolError(error) ? error.code : reasonOf(error);
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
    if (reason === "ACQUIRE_TIMEOUT" && this.#clock.now() < call.deadline - 1)
      this.#broken.push(`a call timed out at ${String(this.#clock.now())}, before ${String(call.deadline)}`);
    if (reason === "SELF_DEADLOCK" && !call.mayDeadlock)
      this.#broken.push(
        `call ${String(call.order)} was told of a self-deadlock, and somebody holds a lease who does not wait`,
      );
    const known = [
      "ACQUIRE_TIMEOUT",
      "QUEUE_FULL",
      "UNAVAILABLE",
      "SELF_DEADLOCK",
      "POOL_CLOSED",
      "aborted by the storm",
    ];
    if (!known.includes(reason)) this.#broken.push(`a call failed with ${reason}`);
  }

  #hold(lease: Lease<StormResource>, finish: PromiseWithResolvers<undefined> | undefined): Hand {
    const { resource, id } = lease;
    for (const other of this.#hands.values()) {
      if (other.resource === resource) this.#broken.push(`resource ${String(resource.id)} is in two hands`);
    }
    if (resource.state !== "open") this.#broken.push(`lent resource ${String(resource.id)}, which is closed`);
    if (resource.late) this.#broken.push(`lent resource ${String(resource.id)}, which came too late`);
    this.#checkAge(resource);
    if (resource.lost && resource.lostUnder !== id)
      this.#broken.push(`lent resource ${String(resource.id)} after its loss`);
    if (resource.generation !== this.#backend.generation)
      this.#broken.push(`lent resource ${String(resource.id)} of an evicted generation`);
    resource.status = {};
    const hand = { lease, resource, finish, waitingInside: 0 };
    this.#hands.set(id, hand);
    return hand;
  }

  /** Neither too old for a loan nor one too many. One that was being checked for its borrower when its time came is lent all the same. */
  #checkAge(resource: StormResource): void {
    const { maxLifetime = Infinity, validateTimeout = 0 } = this.#options;
    const age = this.#clock.now() - resource.openedAt;
    if (age > Number(maxLifetime) + Number(validateTimeout))
      this.#broken.push(`lent resource ${String(resource.id)} at the age of ${String(age)} ms`);
    const { size, closing } = this.#pool.stats;
    if (size - closing > this.#maxSize)
      this.#broken.push(
        `lent resource ${String(resource.id)} with ${String(size)} open, of at most ${String(this.#maxSize)}`,
      );
  }

  #drop(hand: Hand): void {
    this.#hands.delete(hand.lease.id);
    this.#finished.push(hand.lease);
  }

  #anyHand(): Hand | undefined {
    return this.#pick([...this.#hands.values()]);
  }

  /** Everything that must hold between two steps. */
  #check(): void {
    const { broken } = this.#backend;
    for (const lease of this.#finished.splice(0)) {
      if (lease.active) this.#broken.push(`lease ${String(lease.id)} goes on after its release`);
      this.#ended.push(lease);
    }
    if (this.#ended.length > 30) this.#ended.splice(0, 10);
    this.#checkHands();
    this.#checkCounts();
    this.#checkWaiters();
    const all = [...this.#broken, ...broken];
    if (all.length > 0) throw new Error(all.join("; "));
  }

  #checkHands(): void {
    for (const [id, { lease, resource, finish }] of this.#hands) {
      if (lease.active && resource.state !== "open")
        this.#broken.push(`resource ${String(resource.id)} was closed under lease ${String(id)}`);
      if (!lease.active && finish === undefined) {
        // Reclaimed. Its resource must be on its way out.
        if (resource.state === "open") this.#broken.push(`resource ${String(resource.id)} was reclaimed and kept`);
        this.#hands.delete(id);
        this.#ended.push(lease);
      }
    }
    const held = [...this.#hands.values()].filter((hand) => hand.lease.active).map((hand) => hand.lease.id);
    const told = this.#pool.holders().map((holder) => holder.leaseId);
    if (held.sort().join() !== told.sort().join())
      this.#broken.push(`leases ${held.join()} are out, holders tells ${told.join()}`);
  }

  #checkCounts(): void {
    const { size, idle, leased, connecting, validating, resetting, closing, waiting, totals } = this.#pool.stats;
    const equal = (what: string, left: number, right: number): void => {
      if (left !== right) this.#broken.push(`${what}: ${String(left)} is not ${String(right)}`);
    };
    equal("size", size, idle + leased + connecting + validating + resetting + closing);
    equal("acquired", totals.acquired, totals.released + totals.destroyed + totals.dropped + leased);
    equal("created = closed + open", totals.created, totals.closed + idle + leased + validating + resetting);
    equal("closed by reason", sum(Object.values(totals.closedBy)), totals.closed);
    equal("created at the backend", totals.created, this.#backend.created);
    equal("closed at the backend", totals.closed, this.#backend.closed);
    equal("lent", totals.acquired, this.#lent + this.#tried);
    equal("waiting", waiting, this.#waiting.length);
    equal("timed out", totals.timedOut, this.#failures.ACQUIRE_TIMEOUT ?? 0);
    equal("aborted", totals.aborted, this.#failures["aborted by the storm"] ?? 0);
    const { QUEUE_FULL = 0, UNAVAILABLE = 0, SELF_DEADLOCK = 0, POOL_CLOSED = 0 } = this.#failures;
    equal("refused", totals.refused, QUEUE_FULL + UNAVAILABLE + SELF_DEADLOCK + POOL_CLOSED);
    const { load, allowed } = this.#backend;
    if (load > allowed) this.#broken.push(`${String(load)} are open, of at most ${String(allowed)}`);
    this.#backend.allowed = Math.max(this.#maxSize, Math.min(allowed, load));
    // What a warm-up opened above maxIdle stays until it is used or past its time.
    if (this.#warming === 0 && idle <= this.#maxIdle) this.#warmest = 0;
    if (idle > 0 && size - closing > this.#maxSize) this.#broken.push("an idle resource is kept over the limit");
    if (idle > Math.max(this.#maxIdle, this.#warmest) && this.#pool.stats.state === "open")
      this.#broken.push(`${String(idle)} are idle, of at most ${String(this.#maxIdle)}`);
  }

  #checkWaiters(): void {
    const { size, idle, connecting, validating, resetting, closing, waiting, maxSize, failures } = this.#pool.stats;
    for (const call of this.#waiting) {
      if (this.#clock.now() > call.deadline + LATEST) this.#broken.push("a call waits longer than its timeout");
      if (call.signal?.aborted === true) this.#broken.push("a call waits although its signal was aborted");
    }
    const { maxWaiting } = this.#pool.stats;
    if (waiting > Math.max(maxWaiting, this.#largest))
      this.#broken.push(`${String(waiting)} wait, of at most ${String(maxWaiting)} or ${String(this.#largest)}`);
    const underWay = connecting + validating + resetting + closing;
    if (waiting > 0 && underWay === 0 && idle > 0)
      this.#broken.push("somebody waits while a resource is idle and nothing is under way");
    const mayPause = this.#clock.now() - this.#backend.connectedAt <= RATE; // as long as what is opened dies young
    if (waiting > 0 && underWay === 0 && size < maxSize && failures === 0 && !mayPause)
      this.#broken.push("somebody waits while there is room and nothing is under way");
    const lent = this.#calls.filter((call) => call.state === "lent").slice(-40);
    for (const priority of ["high", "normal", "low"]) {
      const equals = lent.filter((call) => call.priority === priority);
      const ids = equals.map((call) => call.leaseId);
      if (ids.some((id, i) => id < (ids[i - 1] ?? 0)))
        this.#broken.push(`calls were served out of order: ${ids.join()}`);
      const first = this.#waiting.find((call) => call.priority === priority);
      if (first !== undefined && first.order < (equals.at(-1)?.order ?? 0))
        this.#broken.push(`call ${String(first.order)} waits, and a later one was served`);
    }
  }

  #note(step: string): void {
    this.lastSteps.push(`${String(this.#clock.now())} ${step}`);
    if (this.lastSteps.length > 40) this.lastSteps.shift();
  }

  #chance(likely: number): boolean {
    return this.#random() < likely;
  }

  #between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  #oneOf<T>(first: T, ...others: readonly T[]): T {
    return this.#pick([first, ...others]) ?? first;
  }
}

function describe(options: AcquireOptions): string {
  const { signal, ...rest } = options;
  return `${JSON.stringify(rest)}${signal === undefined ? "" : " with a signal"}`;
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
