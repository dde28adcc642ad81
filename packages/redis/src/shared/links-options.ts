import { type LinkOptions } from "./link-options.js";
import { type TendingOptions } from "./tending.js";

export interface LinksOptions extends Omit<LinkOptions, "lifetime">, TendingOptions {
  readonly lifetime: () => number;
}

export interface LinksOwner {
  /** Commands may be sent. */
  cleared(): void;
  lost(cause: unknown): void;
  recovered(): void;
  expect(at: number): void;
  /** Somebody waits to send. */
  isAwaited(): boolean;
  /** Connects failed, and the pool gives up for now. */
  gaveUp(): void;
}
