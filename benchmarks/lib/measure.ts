import { getHeapStatistics } from "node:v8";
import { cpuTime } from "./cpu-time.ts";

/** What one statement took, on average of one measurement. NaN where it cannot be told. */
export interface Figures {
  /** CPU time of this process in µs: the server is another one. */
  readonly cpu: number;
  /** Statements per second. */
  readonly rate: number;
  /** Bytes of heap allocated. */
  readonly heap: number;
}

/** A reading of this process's counters. */
export interface Reading {
  readonly cpu: number;
  readonly at: number;
  readonly heap: number;
}

export function read(): Reading {
  return { cpu: cpuTime(), at: performance.now(), heap: allocated() };
}

export function between(from: Reading, to: Reading, statements: number): Figures {
  return {
    cpu: ((to.cpu - from.cpu) * 1e3) / statements,
    rate: (statements * 1e3) / (to.at - from.at),
    heap: (to.heap - from.heap) / statements,
  };
}

/** Bytes allocated since the process began; Node 22 does not count them. */
function allocated(): number {
  const { total_allocated_bytes: bytes } = getHeapStatistics() as { total_allocated_bytes?: number };
  return bytes ?? NaN;
}
