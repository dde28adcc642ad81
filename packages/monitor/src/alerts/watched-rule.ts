import type { AlertSnapshot } from "../snapshot/alert-snapshot.js";
import { formatValue, METRICS, type Subject } from "./measures.js";
import type { ResolvedRule } from "./rule.js";

/** One rule for one pool. It fires when the metric has been above for long enough, and resolves when it has been well below for long enough. */
export class WatchedRule {
  readonly #rule: ResolvedRule;
  readonly #pool: string;
  #aboveSince: number | undefined;
  #belowSince: number | undefined;
  /** While it fires. */
  alert: AlertSnapshot | undefined;

  constructor(rule: ResolvedRule, pool: string) {
    this.#rule = rule;
    this.#pool = pool;
  }

  /**
   * Measures again. @returns the alert when it has begun to fire, or has resolved
   * @param at the time of day
   */
  look(subject: Subject, now: number, at: number): AlertSnapshot | undefined {
    const rule = this.#rule;
    const value = METRICS[rule.metric].read(subject, rule, now);
    return this.alert === undefined ? this.#mayFire(value, now, at) : this.#mayResolve(this.alert, value, now, at);
  }

  /** What it watched is gone. */
  end(at: number): AlertSnapshot | undefined {
    return this.alert === undefined ? undefined : this.#resolve(this.alert, this.alert.value, at);
  }

  #mayFire(value: number, now: number, at: number): AlertSnapshot | undefined {
    if (value <= this.#rule.above) {
      this.#aboveSince = undefined;
      return undefined;
    }
    this.#aboveSince ??= now;
    if (now - this.#aboveSince < this.#rule.for) return undefined;
    this.#aboveSince = undefined;
    const { name, severity, metric, above } = this.#rule;
    const { unit } = METRICS[metric];
    this.alert = {
      id: `${name}:${this.#pool}`,
      rule: name,
      severity,
      state: "firing",
      subject: this.#pool,
      subjectKind: "pool",
      message: this.#message(value, "over"),
      value,
      threshold: above,
      unit,
      firedAt: at,
      resolvedAt: null,
    };
    return this.alert;
  }

  #mayResolve(alert: AlertSnapshot, value: number, now: number, at: number): AlertSnapshot | undefined {
    if (value > this.#rule.clearBelow) {
      this.#belowSince = undefined;
      // What it has risen to, while it is over the limit; between the limits it keeps what it last was.
      if (value > this.#rule.above) this.alert = { ...alert, value, message: this.#message(value, "over") };
      return undefined;
    }
    this.#belowSince ??= now;
    if (now - this.#belowSince < this.#rule.clearAfter) return undefined;
    return this.#resolve(alert, value, at);
  }

  #resolve(alert: AlertSnapshot, value: number, at: number): AlertSnapshot {
    this.alert = undefined;
    this.#belowSince = undefined;
    return { ...alert, state: "resolved", value, message: this.#message(value, "back under"), resolvedAt: at };
  }

  #message(value: number, how: "over" | "back under"): string {
    const { metric, above } = this.#rule;
    const { unit, noun } = METRICS[metric];
    return `${noun} of pool ${JSON.stringify(this.#pool)} is ${formatValue(value, unit)}, ${how} ${formatValue(above, unit)}`;
  }
}
