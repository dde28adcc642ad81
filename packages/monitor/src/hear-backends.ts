import type { EventOf } from "@pool/core";
import type { Parts } from "./parts.js";

const FAILED = "connector-failed";
const UNRECOVERED = "recovery-failed";

/** What is done about events of connectors. */
export class BackendEar {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  state(event: EventOf<"connector:state">): void {
    const { connector, kind, from, to } = event;
    const { connectors, recorder, clock, log, timeOfDay, alerts } = this.#parts;
    const at = timeOfDay();
    connectors.changed(event, at);
    recorder.record("connector:state", event, clock.now());
    const message = `connector ${JSON.stringify(connector)} (${kind}) is ${to}`;
    if (from !== to)
      log.write(to === "failed" ? "warn" : "info", { event: "connector-state", connector, kind, from, to }, message);
    if (to === "failed") this.#raise(FAILED, connector, message, 1, at);
    if (to !== "ready" && to !== "closed") return;
    alerts.clear(FAILED, connector, message, at);
    alerts.clear(UNRECOVERED, connector, message, at);
  }

  recovery(event: EventOf<"connector:recovery">): void {
    const { connector, kind, errorClass, action, attempt } = event;
    const { connectors, recorder, clock, log, timeOfDay } = this.#parts;
    const at = timeOfDay();
    connectors.recovered(event, at);
    recorder.record("connector:recovery", event, clock.now());
    const failing = action === "alarm" || action === "fail";
    const message = `recovery of connector ${JSON.stringify(connector)} (${kind}) from an error of class ${errorClass}: ${action}, attempt ${String(attempt)}`;
    log.write(failing ? "warn" : "info", { event: "recovery", connector, kind, errorClass, action, attempt }, message);
    if (action === "alarm") this.#raise(UNRECOVERED, connector, message, attempt, at);
  }

  #raise(rule: string, subject: string, message: string, value: number, at: number): void {
    const about = { severity: "critical", subjectKind: "connector", threshold: 0, unit: "count" } as const;
    this.#parts.alerts.raise({ ...about, rule, subject, message, value }, at);
  }
}
