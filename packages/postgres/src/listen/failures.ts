import { PoolError, withoutStack } from "@pool/core";

export function closed(name: string): PoolError {
  return failure("POOL_CLOSED", name, "closed");
}

export function unavailable(
  name: string,
  { failures, cause }: { readonly failures: number; readonly cause: unknown },
): PoolError {
  return failure("UNAVAILABLE", name, `cannot listen, the last ${failures} connects failed`, { cause });
}

export function unconfirmed(name: string, ms: number): PoolError {
  return failure("ACQUIRE_TIMEOUT", name, `the server has not confirmed within ${ms} ms`);
}

/** The server said nothing when it was asked. */
export function silent(name: string, ms: number): PoolError {
  return failure("VALIDATE_FAILED", name, `the server did not answer within ${ms} ms`);
}

export function lineGone(name: string): PoolError {
  return failure("RESOURCE_LOST", name, "its connection is gone");
}

function failure(code: string, name: string, what: string, options: { cause?: unknown } = {}): PoolError {
  return withoutStack(() => new PoolError(code, `listener of ${JSON.stringify(name)}: ${what}`, options));
}
