import { type Clock } from "@pool/core";
import { type LinksOptions } from "./links-options.js";

export interface DispatcherOptions extends LinksOptions {
  /** Longest time for a command, the wait for a connection included, in ms. */
  readonly commandTimeout: number;
  /** Commands that may wait at once for a connection that answers. */
  readonly maxQueued: number;
  readonly clock: Clock;
}

/** A moment of it. */
export interface ShareStats {
  /** Open or being opened. */
  readonly connections: number;
  /** Commands that were sent and have no answer yet. */
  readonly inFlight: number;
  /** Commands that wait to be sent. */
  readonly queued: number;
}

export interface ShareNotice {
  lost(cause: unknown): void;
  recovered(): void;
}

/** How a command is sent. */
export interface SendOptions {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
