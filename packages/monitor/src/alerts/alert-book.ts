import type { AlertSnapshot } from "../snapshot/alert-snapshot.js";
import type { Subject } from "./measures.js";
import type { ResolvedRule } from "./rule.js";
import { WatchedRule } from "./watched-rule.js";

const RESOLVED_KEPT = 100;

/** What fires now, and what has resolved lately. */
export class AlertBook {
  readonly #rules: readonly ResolvedRule[];
  readonly #onChange: (alert: AlertSnapshot) => void;
  readonly #watched = new Map<string, WatchedRule[]>();
  readonly #raised = new Map<string, AlertSnapshot>();
  #resolved: readonly AlertSnapshot[] = [];

  /** @param onChange told of each alert when it begins to fire and when it resolves */
  constructor(rules: readonly ResolvedRule[], onChange: (alert: AlertSnapshot) => void) {
    this.#rules = rules;
    this.#onChange = onChange;
  }

  /** A second is over. Alerts of pools that are no longer among the subjects resolve. */
  turn(subjects: readonly Subject[], now: number, at: number): void {
    const seen = new Set<string>();
    for (const subject of subjects) {
      const { name } = subject.book;
      seen.add(name);
      for (const rule of this.#rulesFor(name)) this.#tell(rule.look(subject, now, at));
    }
    for (const [name, rules] of this.#watched) {
      if (seen.has(name)) continue;
      this.#watched.delete(name);
      for (const rule of rules) this.#tell(rule.end(at));
    }
  }

  /** Fires one that no rule measures. It stays one alert, however often it is raised before it is cleared. */
  raise(alert: Omit<AlertSnapshot, "id" | "state" | "firedAt" | "resolvedAt">, at: number): void {
    const id = `${alert.rule}:${alert.subject}`;
    const firing = this.#raised.get(id);
    const made: AlertSnapshot = { ...alert, id, state: "firing", firedAt: firing?.firedAt ?? at, resolvedAt: null };
    this.#raised.set(id, made);
    if (firing === undefined) this.#tell(made);
  }

  clear(rule: string, subject: string, message: string, at: number): void {
    const id = `${rule}:${subject}`;
    const alert = this.#raised.get(id);
    if (alert === undefined) return;
    this.#raised.delete(id);
    this.#tell({ ...alert, state: "resolved", value: 0, message, resolvedAt: at });
  }

  snapshot(): { firing: readonly AlertSnapshot[]; resolved: readonly AlertSnapshot[] } {
    const watched = [...this.#watched.values()].flat().flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
    const firing = [...watched, ...this.#raised.values()].sort((one, other) => one.firedAt - other.firedAt);
    return { firing, resolved: this.#resolved };
  }

  #rulesFor(pool: string): readonly WatchedRule[] {
    const known = this.#watched.get(pool);
    if (known !== undefined) return known;
    const rules = this.#rules
      .filter(({ pools }) => pools?.has(pool) ?? true)
      .map((rule) => new WatchedRule(rule, pool));
    this.#watched.set(pool, rules);
    return rules;
  }

  #tell(alert: AlertSnapshot | undefined): void {
    if (alert === undefined) return;
    if (alert.state === "resolved") this.#resolved = [alert, ...this.#resolved].slice(0, RESOLVED_KEPT);
    this.#onChange(alert);
  }
}
