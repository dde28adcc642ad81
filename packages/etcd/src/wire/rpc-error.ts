import { type IncomingHttpHeaders } from "node:http2";

/** gRPC's status codes by number (grpc/doc/statuscodes.md). */
const STATUS = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;
export type RpcStatus = (typeof STATUS)[number];

/** One remote call failed. What the server says is in `message`; it quotes no value. */
export class RpcError extends Error {
  /** gRPC's status; `UNAVAILABLE` where the connection broke. */
  readonly status: RpcStatus;
  /** By the server itself. Otherwise the connection broke, or was never there. */
  readonly answered: boolean;
  /** The server may have got it, and may have carried it out. */
  readonly sent: boolean;

  constructor(
    message: string,
    { status, answered, sent, cause }: { status: RpcStatus; answered: boolean; sent: boolean; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RpcError";
    this.status = status;
    this.answered = answered;
    this.sent = sent;
  }
}

/** The connection ended under a call, or could not take it. */
export function connectionBroke(sent: boolean, cause: unknown): RpcError {
  const why = cause instanceof Error && cause.message !== "" ? `: ${cause.message}` : "";
  return new RpcError(`the connection broke${why}`, { status: "UNAVAILABLE", answered: false, sent, cause });
}

/** What the headers or trailers of an answer say: undefined is success. */
export function readStatus(headers: IncomingHttpHeaders): RpcError | undefined {
  const code = headers["grpc-status"];
  if (code === "0") return undefined;
  const status = typeof code === "string" ? (STATUS[Number(code)] ?? "UNKNOWN") : "UNAVAILABLE";
  const said = headers["grpc-message"];
  const text =
    typeof said === "string" ? decoded(said) : `HTTP status ${String(headers[":status"])} and no gRPC status`;
  return new RpcError(text, { status, answered: typeof code === "string", sent: true });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded, as old servers send it
  }
}
