import type { MonitorSnapshot } from "@pool/monitor";

/**
 * What the server tells its page, as server-sent events: one `hello` with the history, then a `tick` a second, a snapshot without series; `bye`
 * before an end that the server means.
 */
export interface Hello {
  readonly title: string;
  /** There is a hook that decides on actions, so that buttons make sense. */
  readonly canAct: boolean;
  readonly snapshot: MonitorSnapshot;
}

/** How the server says that it did not do what it was asked. */
export interface ErrorReply {
  readonly error: { readonly code: string; readonly message: string };
}

/** The text of one event. JSON has no line break in it, which would end the event's data. */
export function eventText(name: "hello" | "tick" | "bye", data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
