import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { MomentEvents, TracedEvents } from "@pool/core";

// Every event there is; the type check fails when one is missing.
const TRACED = Object.keys({
  "pool:acquire": true,
  "pool:create": true,
  "pool:validate": true,
  "pool:reset": true,
  "pool:query": true,
  "pool:transaction": true,
  "connector:connect": true,
  "connector:health": true,
} satisfies Record<keyof TracedEvents, true>);
const MOMENTS = Object.keys({
  "pool:lease": true,
  "pool:release": true,
  "pool:close": true,
  "pool:timeout": true,
  "pool:refuse": true,
  "pool:leak": true,
  "pool:state": true,
  "connector:state": true,
} satisfies Record<keyof MomentEvents, true>);
const CHANNELS = [
  ...MOMENTS,
  ...TRACED.flatMap((name) =>
    ["start", "end", "asyncStart", "asyncEnd", "error"].map((phase) => `tracing:${name}:${phase}`),
  ),
];

export interface RecordedEvent {
  readonly channel: string;
  readonly event: unknown;
  /** As a person would see it, taken when it was published. */
  readonly shown: string;
}

/** Records every event of @pool until the returned `stop` is called. */
export function recordEvents(): { readonly events: readonly RecordedEvent[]; stop(): void } {
  const events: RecordedEvent[] = [];
  const record = (event: unknown, channel: string | symbol): void => {
    events.push({ channel: String(channel), event, shown: show(event) });
  };
  for (const name of CHANNELS) subscribe(name, record);
  const stop = (): void => {
    for (const name of CHANNELS) unsubscribe(name, record);
  };
  return { events, stop };
}

/** All that a log of `value` could hold: its own text, its JSON, and what `console.log` would print at any depth. */
export function show(value: unknown): string {
  const shown = [inspect(value, { depth: 20, maxArrayLength: null, maxStringLength: null })];
  if (value instanceof Error) shown.push(value.message, value.stack ?? "", show(value.cause ?? ""));
  try {
    shown.push(JSON.stringify({ value }));
  } catch {
    // Not to be had as JSON (a cycle), so nobody can log it as that.
  }
  return shown.join("\n");
}

/** The first of `secrets` in `text`, as written or as URLs carry it. */
export function secretIn(text: string, secrets: readonly string[]): string | undefined {
  return secrets.find((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));
}
