import { type Dialled } from "../connect/dialled.js";
import { type DialOnceOptions } from "./dial-once.js";

export interface DialsOptions extends DialOnceOptions {
  readonly random: () => number;
  /** When connects have failed for so long, in ms, the pauses grow to 5 s. */
  readonly impatience: number;
}

/** Who wants connections. */
export interface DialsOwner {
  /** How many connects should be under way now. */
  wanted(): number;
  /**
   * @param took how long the connect took, in ms: several round trips
   * @returns what is to be told when it ends by itself
   */
  opened(dialled: Dialled, took: number): (cause?: unknown) => void;
  /** A connect failed, and no other that is young is under way. */
  failed(): void;
}
