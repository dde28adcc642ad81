import { isPoolError } from "@pool/core";

/** An error that a caller of the API is told as it is. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** For programs to branch on; never changes its meaning. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function notFound(what: string, id: number): ApiError {
  return new ApiError(404, "NOT_FOUND", `there is no ${what} ${id}`);
}

/** The answer to a failed request. Its message says nothing of the inside: no statement, no path, no address. */
export interface ErrorReply {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds after which it is worth another try. */
  readonly retryAfter?: number;
}

const BUSY = "the service is busy: try again in a moment";
const UNUSABLE = "the database cannot be used at the moment";
const AWAY = "the database cannot be reached: try again in a moment";

/** The codes of @pool that a caller can do something about; every other one is an internal error. */
const POOL_ERRORS: Readonly<Record<string, Omit<ErrorReply, "code">>> = {
  ACQUIRE_TIMEOUT: { status: 503, message: BUSY, retryAfter: 1 },
  QUEUE_FULL: { status: 503, message: BUSY, retryAfter: 1 },
  UNAVAILABLE: { status: 503, message: AWAY, retryAfter: 5 },
  CONNECT_FAILED: { status: 503, message: AWAY, retryAfter: 5 },
  CONNECT_TIMEOUT: { status: 503, message: AWAY, retryAfter: 5 },
  NOT_CONNECTED: { status: 503, message: AWAY, retryAfter: 5 },
  RESOURCE_LOST: {
    status: 503,
    message: "the connection to the database was lost: try again in a moment",
    retryAfter: 1,
  },
  POOL_CLOSED: { status: 503, message: "the service is shutting down", retryAfter: 5 },
  REGISTRY_CLOSED: { status: 503, message: "the service is shutting down", retryAfter: 5 },
  DATABASE_LOCKED: { status: 503, message: BUSY, retryAfter: 1 },
  SERIALIZATION_FAILURE: { status: 503, message: BUSY, retryAfter: 1 },
  DEADLOCK: { status: 503, message: BUSY, retryAfter: 1 },
  LOCK_TIMEOUT: { status: 503, message: BUSY, retryAfter: 1 },
  OUT_OF_RESOURCES: { status: 503, message: BUSY, retryAfter: 5 },
  STATEMENT_CANCELLED: { status: 503, message: BUSY, retryAfter: 1 },
  READ_ONLY: { status: 503, message: AWAY, retryAfter: 5 },
  ACCESS_DENIED: { status: 503, message: UNUSABLE, retryAfter: 60 },
  DATABASE_FULL: { status: 503, message: UNUSABLE, retryAfter: 60 },
  DATABASE_READONLY: { status: 503, message: UNUSABLE, retryAfter: 60 },
  DATABASE_CORRUPT: { status: 503, message: UNUSABLE, retryAfter: 60 },
  DATABASE_IO: { status: 503, message: UNUSABLE, retryAfter: 60 },
  NOT_A_DATABASE: { status: 503, message: UNUSABLE, retryAfter: 60 },
  FILE_GONE: { status: 503, message: UNUSABLE, retryAfter: 60 },
  CANNOT_OPEN: { status: 503, message: UNUSABLE, retryAfter: 60 },
  QUERY_TIMEOUT: { status: 504, message: "the database took too long to answer" },
  OUTCOME_UNKNOWN: {
    status: 500,
    message: "the connection was lost while the change was being kept: look whether it was before you repeat it",
  },
};

const UNIQUE = { status: 409, code: "ALREADY_EXISTS", message: "another record has the same unique value" };
const RULE = { status: 409, code: "RULE_VIOLATED", message: "the change would break a rule of the data" };

/** By the kind of the constraint that refused a change, which every SQL adapter names alike. */
const VIOLATIONS: Readonly<Record<string, ErrorReply>> = {
  unique: UNIQUE,
  primarykey: UNIQUE,
  foreignkey: {
    status: 409,
    code: "STILL_REFERENCED",
    message: "other records refer to this one, or it refers to one that is not there",
  },
  check: RULE,
  notnull: RULE,
};

/** Turns whatever a handler threw into what its caller is told. */
export function toReply(error: unknown): ErrorReply {
  if (error instanceof ApiError) return { status: error.status, code: error.code, message: error.message };
  if (isPoolError(error)) {
    const violation = error.code === "CONSTRAINT_FAILED" ? VIOLATIONS[String(error.details.constraint)] : undefined;
    if (violation !== undefined) return violation;
    const known = POOL_ERRORS[error.code];
    if (known !== undefined) return { code: error.code, ...known };
  }
  return fromFastify(error) ?? { status: 500, code: "INTERNAL", message: "something went wrong on our side" };
}

/** Fastify's own refusals (schema, size, media type) carry a status below 500 and a message made for the caller. */
function fromFastify(error: unknown): ErrorReply | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("validation" in error && error.validation)
    return { status: 400, code: "INVALID_REQUEST", message: error.message };
  const status = "statusCode" in error ? error.statusCode : undefined;
  const code = "code" in error ? error.code : undefined;
  if (typeof status !== "number" || status < 400 || status >= 500 || typeof code !== "string") return undefined;
  if (status === 413) return { status, code: "BODY_TOO_LARGE", message: error.message };
  if (status === 415) return { status, code: "UNSUPPORTED_MEDIA_TYPE", message: error.message };
  return { status, code: "INVALID_REQUEST", message: error.message };
}
