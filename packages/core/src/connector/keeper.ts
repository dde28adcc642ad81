import { BackOff } from "../back-off.js";
import type { Clock } from "../time.js";
import { tellRecovery } from "./recovery-event.js";
import { Schedule } from "./schedule.js";
import type { ConnectorState } from "./state-machine.js";
import type { SuperviseOptions } from "./supervise.js";
import type { Supervised } from "./supervised.js";

const SLOW_PROBE = 15_000;
// What is lost again sooner has not been back: a backend that flaps is paused for like one that is down.
const STEADY_AFTER = 1_000;
// Failures in a row until somebody is told, where they are not given up before.
const ALARM_AFTER = 10;

// Failures in a row until callers are told at once.
const FAILURES_UNTIL_DOWN = 3;

export type KeeperOptions = Readonly<Required<SuperviseOptions>>;

/** Looks after one connector: says when it is asked how it is, and when the next attempt to come back begins. One thing at a time. */
export class Keeper {
  readonly #it: Supervised;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #backOff: BackOff;
  readonly #unwatch: () => void;
  #seen: ConnectorState = "idle";
  #stopped = false;
  #running: { readonly abort: AbortController; readonly isReconnect: boolean } | undefined;
  /** Attempts that failed since it was last ready. */
  #failures = 0;
  #attemptedAt = -Infinity;
  #readyAt = -Infinity;

  constructor(it: Supervised, options: KeeperOptions) {
    this.#it = it;
    this.#clock = options.clock;
    this.#schedule = new Schedule(options);
    this.#backOff = new BackOff(options);
    it.supervisor = this;
    this.#unwatch = it.watch(() => this.#plan());
    this.#plan();
  }

  /** It has been tried three times or more, and does not come back. */
  get down(): boolean {
    return this.#failures >= FAILURES_UNTIL_DOWN;
  }

  /** What is under way is called off, and nothing begins any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unwatch();
    this.#it.supervisor = undefined;
    this.#schedule.clear();
    this.#running?.abort.abort(new Error("the supervisor has stopped"));
  }

  /** Looks at the state afresh and sets the timer for what is next. */
  #plan(): void {
    if (this.#stopped) return;
    const { state } = this.#it;
    if (state !== this.#seen) {
      this.#seen = state;
      this.#entered(state);
    }
    const due = this.#running === undefined ? this.#dueAt(state) : Infinity;
    this.#schedule.at(due, () => void this.#run());
  }

  #entered(state: ConnectorState): void {
    const now = this.#clock.now();
    this.#schedule.restart();
    switch (state) {
      case "ready":
        this.#failures = 0;
        this.#readyAt = now;
        // The adapter says so, and the way back that is still being tried is no longer needed.
        if (this.#running?.isReconnect === true) this.#running.abort.abort(new Error("it is back"));
        break;
      case "degraded":
        if (now - this.#readyAt >= STEADY_AFTER) this.#backOff.succeeded();
        else this.#backOff.failed(this.#it.trouble);
        break;
      case "failed":
        // By a connect of somebody else: an attempt of ours is judged at its end.
        if (this.#running !== undefined) break;
        this.#attemptedAt = now;
        this.#backOff.failed(this.#it.trouble);
        break;
      case "closed":
        this.#failures = 0;
        this.#backOff.succeeded();
        this.#running?.abort.abort(new Error("it is closed"));
        break;
      default:
    }
  }

  #dueAt(state: ConnectorState): number {
    const { autoReconnect, healthCheckInterval, maxReconnectAttempts, reconnectInterval } = this.#it.policy;
    if (state === "idle" || state === "connecting" || state === "closed") return Infinity;
    if (state === "ready" || !autoReconnect) return this.#schedule.after(healthCheckInterval);
    if (state === "failed" && this.#failures >= maxReconnectAttempts)
      return this.#schedule.after(Math.max(SLOW_PROBE, reconnectInterval), this.#attemptedAt);
    return this.#attemptedAt + this.#backOff.pause(reconnectInterval);
  }

  async #run(): Promise<void> {
    const { state, hasClient, policy } = this.#it;
    const isAttempt = state !== "ready" && policy.autoReconnect;
    const abort = new AbortController();
    this.#running = { abort, isReconnect: isAttempt && hasClient };
    if (isAttempt) await this.#attempt(abort.signal);
    else await this.#it.check(abort.signal);
    this.#running = undefined;
    this.#schedule.restart();
    this.#plan();
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    this.#attemptedAt = this.#clock.now();
    tellRecovery(this.#it, { action: "reconnect", attempt: this.#failures + 1, cause: this.#it.trouble });
    await this.#it.attempt(signal);
    const { state } = this.#it;
    if (signal.aborted || (state !== "reconnecting" && state !== "failed")) return;
    this.#failures++;
    this.#backOff.failed(this.#it.trouble);
    const { maxReconnectAttempts } = this.#it.policy;
    if (this.#failures === Math.min(maxReconnectAttempts, ALARM_AFTER))
      tellRecovery(this.#it, { action: "alarm", attempt: this.#failures, cause: this.#it.trouble });
    if (state === "reconnecting" && this.#failures >= maxReconnectAttempts) this.#it.giveUp();
  }
}
