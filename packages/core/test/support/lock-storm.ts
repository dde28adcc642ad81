import { createLock, isPoolError, memoryLockStore, reasonOf } from "../../src/index.js";
import type { HeldLock, ManagedLock } from "../../src/index.js";
import { type Dice, diceFrom } from "./dice.js";
import { FakeLockStore, type Way } from "./fake-lock-store.js";
import { LockOracle } from "./lock-oracle.js";
import { ManualClock, settle } from "./manual-clock.js";
import { ProcessClock } from "./process-clock.js";

const KEYS = ["a", "b"];
const TTLS = [100, 500, 2_000];
const LONGEST_TTL = 2_000;
const PROCESSES = 3;
/** What clocks differ by, below the margin of 1 %. */
const DRIFTS = [0.993, 1, 1.007];

export interface LockStormReport {
  given: number;
  lost: number;
  refused: number;
  pauses: number;
}

interface Process {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly store: FakeLockStore;
  readonly lock: ManagedLock;
}

interface Hand {
  readonly held: HeldLock;
  readonly by: Process;
  /** Taken from the lock once, so that no later look at it helps. */
  readonly lost: AbortSignal;
  readonly ttl: number;
  stolenAt: number | undefined;
}

/** Several processes want the same keys over lines that delay, lose and repeat, and stand still now and then. Throws what it finds broken. */
export async function lockStorm(seed: number, steps: number): Promise<LockStormReport> {
  const dice = diceFrom(seed);
  const storm = new LockStorm(dice);
  try {
    for (let i = 0; i < steps; i++) await storm.step();
    await storm.calmDown();
  } catch (error) {
    throw new Error(`seed ${String(seed)}: ${reasonOf(error)}\n${storm.lastSteps.join("\n")}`, { cause: error });
  }
  return storm.report;
}

class LockStorm {
  readonly report: LockStormReport = { given: 0, lost: 0, refused: 0, pauses: 0 };
  readonly lastSteps: string[] = [];
  readonly #dice: Dice;
  readonly #clock = new ManualClock();
  readonly #backend = new LockOracle(memoryLockStore(this.#clock), this.#clock);
  readonly #processes: Process[];
  readonly #hands = new Set<Hand>();
  readonly #lastToken = new Map<string, bigint>();
  readonly #stolen = new Map<string, number>();
  readonly #broken: string[] = [];
  #waiting = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#processes = Array.from({ length: PROCESSES }, (_, i) => {
      const clock = new ProcessClock(this.#clock, dice.pick(DRIFTS));
      const store = new FakeLockStore(this.#clock, this.#backend, dice.chance(0.5), clock);
      const lock = createLock(store, { clock, random: () => dice.below(1_000) / 1_000 });
      return { name: `process ${String(i)}`, clock, store, lock };
    });
  }

  async step(): Promise<void> {
    const { pick, below, chance } = this.#dice;
    const process = pick(this.#processes);
    const action = below(20);
    if (action < 7 && !process.clock.standsStill) this.#ask(process);
    else if (action < 10) await this.#release();
    else if (action < 12) this.#changeWeather(process);
    else if (action === 12) this.#pause(process);
    else if (action === 13 && chance(0.3)) await this.#steal();
    else await this.#advance(pick([0, 1, 5, 20, 100, 400]));
    await settle();
    this.#check();
  }

  /** With everything well and given back, everybody is served, and then nothing is left. */
  async calmDown(): Promise<void> {
    this.#note("calm");
    for (const process of this.#processes) {
      process.store.way = () => ({});
      if (process.clock.standsStill) this.#thaw(process);
    }
    for (let round = 0; round < 400 && (this.#waiting > 0 || this.#hands.size > 0); round++) {
      for (const hand of [...this.#hands]) await this.#letGo(hand);
      await this.#clock.advance(100);
      this.#check();
    }
    if (this.#waiting > 0) throw new Error(`${String(this.#waiting)} still wait 40 s after all is well`);
    for (const { lock, name } of this.#processes) {
      for (const key of KEYS) {
        const served: HeldLock[] = [];
        void lock.acquire(key, { timeout: 2 * LONGEST_TTL }).then((held) => served.push(held), this.#unexpected);
        await this.#clock.advance(2 * LONGEST_TTL);
        if (served.length === 0) throw new Error(`${name} is not served although nobody has ${key}`);
        await served[0]?.release();
      }
    }
    for (const { lock } of this.#processes) void lock.close();
    await this.#clock.advance(2 * LONGEST_TTL);
    for (const key of KEYS) if (this.#backend.tokenOf(key) !== undefined) throw new Error(`${key} was never let go of`);
    if (this.#clock.pending > 0) throw new Error(`${String(this.#clock.pending)} timers are left`);
    if (this.#broken.length > 0) throw new Error(this.#broken.join("; "));
  }

  #ask(process: Process): void {
    const { pick, chance } = this.#dice;
    const [key, ttl] = [pick(KEYS), pick(TTLS)];
    const timeout = pick([0, 50, 500, 5_000, 20_000]);
    const controller = new AbortController();
    if (chance(0.3)) process.clock.setTimeout(() => controller.abort("enough"), pick([0, 1, 10, 200]));
    const { signal } = controller;
    const isTry = chance(0.2);
    this.#note(`${process.name} asks for ${key} for ${String(ttl)} ms, within ${isTry ? "one try" : String(timeout)}`);
    const asked = isTry
      ? process.lock.tryAcquire(key, { ttl, signal })
      : process.lock.acquire(key, { ttl, timeout, signal });
    this.#waiting++;
    asked
      .then((held) => held && this.#given(held, process, ttl), this.#refused)
      .finally(() => {
        this.#waiting--;
      });
  }

  #given(held: HeldLock, by: Process, ttl: number): void {
    this.report.given++;
    const { key, token } = held;
    this.#note(`${by.name} has ${key} with token ${String(token)}`);
    // Deleted while its reply was on the way: told at the next renewal.
    const isStolen =
      this.#backend.tokenOf(key) !== token && this.#clock.now() - (this.#stolen.get(key) ?? -Infinity) < ttl;
    const last = this.#lastToken.get(key) ?? 0n;
    if (token > last) this.#lastToken.set(key, token);
    else if (!isStolen) this.#broken.push(`token ${String(token)} of ${key} has not grown`);
    this.#hands.add({ held, by, lost: held.lost, ttl, stolenAt: isStolen ? this.#clock.now() : undefined });
  }

  readonly #refused = (error: unknown): void => {
    this.report.refused++;
    const known = error === "enough" || isPoolError(error, "LOCK_TIMEOUT") || reasonOf(error) === "the line is cut";
    if (!known && !isPoolError(error, "COMMAND_TIMEOUT")) this.#unexpected(error);
  };

  readonly #unexpected = (error: unknown): void => {
    this.#broken.push(`a call failed with ${reasonOf(error)}`);
  };

  async #release(): Promise<void> {
    const hand = [...this.#hands].find(({ by }) => !by.clock.standsStill && this.#dice.chance(0.5));
    if (hand !== undefined) await this.#letGo(hand);
  }

  async #letGo(hand: Hand): Promise<void> {
    this.#note(`${hand.by.name} lets go of ${hand.held.key}`);
    this.#hands.delete(hand);
    if (hand.lost.aborted) this.report.lost++;
    void hand.held.release().catch(this.#unexpected);
    await settle();
  }

  #changeWeather({ name, store }: Process): void {
    const { pick, chance, below } = this.#dice;
    const isGood = chance(0.4);
    const [bad, slow] = [pick([0.05, 0.3, 1]), pick([0, 10, 100, 700])];
    this.#note(
      `${name}: ${isGood ? "a good line" : `a line that loses ${String(bad)} and takes up to ${String(slow)} ms`}`,
    );
    store.way = (): Way => {
      if (isGood) return {};
      const delays = { there: below(slow + 1), back: below(slow + 1) };
      if (!chance(bad)) return delays;
      return { ...delays, lost: pick(["request", "reply"] as const), rejectsAfter: pick([1, 30, 500, 3_000]) };
    };
  }

  /** It stands still for a while; then it first looks at what it holds, as code does that was just about to write. */
  #pause(process: Process): void {
    if (process.clock.standsStill) return;
    const ms = this.#dice.pick([1, 50, 300, 1_000, 3_000]);
    this.#note(`${process.name} stands still for ${String(ms)} ms`);
    this.report.pauses++;
    process.clock.freeze();
    this.#clock.setTimeout(() => {
      if (process.clock.standsStill) this.#thaw(process);
    }, ms);
  }

  #thaw(process: Process): void {
    this.#note(`${process.name} goes on`);
    process.clock.thaw(() => {
      for (const hand of this.#hands) if (hand.by === process && hand.held.isHeld()) this.#checkHand(hand);
    });
  }

  async #steal(): Promise<void> {
    const key = this.#dice.pick(KEYS);
    this.#note(`${key} is deleted by somebody`);
    for (const { store } of this.#processes) await store.steal(key);
    this.#stolen.set(key, this.#clock.now());
    const token = this.#backend.tokenOf(key); // somebody may have it again already
    for (const hand of this.#hands)
      if (hand.held.key === key && hand.held.token !== token) hand.stolenAt ??= this.#clock.now();
  }

  async #advance(ms: number): Promise<void> {
    this.#note(`${String(ms)} ms pass`);
    await this.#clock.advance(ms);
  }

  #check(): void {
    for (const hand of this.#hands) if (!hand.by.clock.standsStill) this.#checkHand(hand);
    if (this.#broken.length > 0) throw new Error(this.#broken.join("; "));
  }

  /** Whoever runs and has not been told otherwise has the key at the backend. So no two count on it at once. */
  #checkHand({ held, by, lost, ttl, stolenAt }: Hand): void {
    if (lost.aborted) return;
    if (stolenAt !== undefined) {
      // A take of its own that was under way for long may have come after all, and then the backend has it for the same owner.
      const isTold = this.#clock.now() <= stolenAt + ttl || this.#backend.isOwnedBy(held.key, held.token);
      if (!isTold) this.#broken.push(`${by.name} was not told of its loss within its ttl`);
      return;
    }
    const token = this.#backend.tokenOf(held.key);
    if (token !== held.token)
      this.#broken.push(
        `${by.name} counts on ${held.key} with token ${String(held.token)}, and the backend has ${String(token)}`,
      );
  }

  #note(step: string): void {
    this.lastSteps.push(`${String(this.#clock.now())} ${step}`);
    if (this.lastSteps.length > 60) this.lastSteps.shift();
  }
}
