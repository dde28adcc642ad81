import { type EtcdConnection } from "../wire/connection.js";
import { type DialsOptions } from "./dials-options.js";
import { type WatchdogOptions } from "./watchdog.js";

export interface ChannelOptions
  extends Omit<DialsOptions, "wanted" | "opened" | "failed">, Omit<WatchdogOptions, "doubt" | "trust"> {
  /** There is no connection any more. */
  lost(cause: unknown): void;
  /** There is one again. */
  recovered(): void;
}

/** What is told when the connection is another one, or none. `from` takes no more calls, and what it still has under way may never be answered. */
export type Move = (from: EtcdConnection) => void;
