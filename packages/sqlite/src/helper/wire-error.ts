import { type HelperRefusal, type WireError } from "./protocol.ts";

/** What a helper throws when it refuses by itself. */
export class Refusal extends Error {
  readonly kind: HelperRefusal;
  readonly waitedMs: number | undefined;
  readonly code: string | undefined;

  constructor(kind: HelperRefusal, message: string, more: { waitedMs?: number; code?: string } = {}) {
    super(message);
    this.kind = kind;
    this.waitedMs = more.waitedMs;
    this.code = more.code;
  }
}

/** What a statement of a batch has thrown, with its place. The batch is rolled back: it can be run again as a whole, not from here on. */
export class BatchFailure extends Error {
  readonly failed: unknown;
  readonly statement: number;

  constructor(failed: unknown, statement: number) {
    super("a statement of a batch failed");
    this.failed = failed;
    this.statement = statement;
  }
}

/** An error as a plain object: classes do not survive the way, and a stack of the helper tells nobody anything. */
export function toWire(error: unknown): WireError {
  if (error instanceof BatchFailure) return { ...toWire(error.failed), statement: error.statement };
  if (error instanceof Refusal) {
    return {
      kind: error.kind,
      message: error.message,
      ...(error.code !== undefined && { code: error.code }),
      ...(error.waitedMs !== undefined && { waitedMs: error.waitedMs }),
    };
  }
  if (!(error instanceof Error)) return { kind: "other", message: String(error) };
  const code = codeOf(error);
  if (code?.startsWith("SQLITE_") === true) return { kind: "sqlite", message: error.message, code };
  // The driver throws these for what it was given: values of a wrong kind or number, several statements, none.
  const input = error instanceof TypeError || error instanceof RangeError;
  return { kind: input ? "input" : "other", message: error.message, ...(code !== undefined && { code }) };
}

export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/**
 * Somebody else holds a lock, and waiting may help. A stale snapshot does not become fresh by waiting; a batch gets a new one when it begins
 * anew, and nobody has seen yet what it has read.
 */
export function isLocked(error: unknown): boolean {
  if (error instanceof BatchFailure) return isLocked(error.failed) || codeOf(error.failed) === "SQLITE_BUSY_SNAPSHOT";
  const code = codeOf(error);
  return code === "SQLITE_BUSY" || code === "SQLITE_BUSY_RECOVERY" || code === "SQLITE_BUSY_TIMEOUT";
}
