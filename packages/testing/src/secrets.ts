import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { eventChannels } from "@pool/core";

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
  const channels = eventChannels();
  for (const name of channels) subscribe(name, record);
  const stop = (): void => {
    for (const name of channels) unsubscribe(name, record);
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
