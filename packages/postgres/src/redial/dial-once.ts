import { type Clock, PoolError, withoutStack } from "@pool/core";
import { type Dialled } from "../connect/dialled.js";
import { type Dialer } from "../connect/dialer.js";

export interface DialOnceOptions {
  readonly name: string;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly connectTimeout: number;
  readonly pipeline: boolean;
}

type Lost = (cause?: unknown) => void;

/** One connect, bounded by `connectTimeout`. `onLost` is handed what to tell when the connection ends by itself, be it that it already has. */
export async function dialOnce(
  { name, dialer, clock, connectTimeout, pipeline }: DialOnceOptions,
  controller: AbortController,
): Promise<{ readonly dialled: Dialled; onLost(tell: Lost): void }> {
  let tell: Lost | undefined;
  let early: { readonly cause: unknown } | undefined;
  const lost = (cause?: unknown): void => {
    if (tell === undefined) early = { cause };
    else tell(cause);
  };
  const timer =
    connectTimeout === Infinity
      ? undefined
      : clock.setTimeout(() => controller.abort(connectTimedOut(name, connectTimeout)), connectTimeout);
  try {
    const dialled = await dialer.dial({ signal: controller.signal, lost, pipeline });
    const onLost = (given: Lost): void => {
      tell = given;
      if (early !== undefined) given(early.cause);
    };
    return { dialled, onLost };
  } finally {
    if (timer !== undefined) clock.clearTimeout(timer);
  }
}

/** For a connect that is given up for a fresh one. */
export function tookTooLong(name: string): PoolError {
  return failure(name, "a connect took too long, and made room for another");
}

function connectTimedOut(name: string, ms: number): PoolError {
  return failure(name, `no connection within ${ms} ms`);
}

function failure(name: string, what: string): PoolError {
  return withoutStack(() => new PoolError("CONNECT_TIMEOUT", `${JSON.stringify(name)}: ${what}`));
}
