/** As Toxiproxy calls them: upstream is what the client says to the server, downstream what the server answers. */
export type Direction = "upstream" | "downstream";
export const DIRECTIONS = ["upstream", "downstream"] as const satisfies readonly Direction[];

export interface FaultScope {
  /** @default "both" */
  readonly direction?: Direction | "both";
  /** The connections that are open now, those that open later, or all. @default "all" */
  readonly on?: "existing" | "new" | "all";
}

/** What happens to bytes on their way in one direction of one connection. */
export interface Conditions {
  /** `stall` keeps bytes back until it is over; `vanish` loses them. */
  flow: "pass" | "stall" | "vanish";
  /** In ms. */
  latency: number;
  /** In ms, up or down. */
  jitter: number;
  /** In bytes per second. */
  bandwidth: number;
  /** Bytes that still pass before the connection is cut. */
  limit: number;
  /** How it is cut then. */
  cut: "fin" | "reset";
}

export function healthy(): Conditions {
  return { flow: "pass", latency: 0, jitter: 0, bandwidth: Infinity, limit: Infinity, cut: "fin" };
}

/** @throws RangeError when the value of a fault is no number, or too small */
export function atLeast(least: number, name: string, value: number): number {
  if (value >= least) return value;
  throw new RangeError(`${name} must be a number of at least ${least}, got ${value}`);
}
