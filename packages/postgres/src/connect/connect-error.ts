import { reasonOf } from "@pool/core";
import { describeHost, type HostAddress } from "./address.js";

/** How far a connect came before it failed. */
export type ConnectPhase = "name lookup" | "connect" | "TLS" | "authentication" | "role";

/** Why one host gave no connection: says which host and phase. `code` is that of the cause: an SQLSTATE, or one of Node's such as `ECONNREFUSED`. */
export class ConnectError extends Error {
  readonly host: string;
  readonly port: number;
  readonly phase: ConnectPhase;
  declare readonly code: string | undefined;

  constructor(at: HostAddress, phase: ConnectPhase, cause: unknown) {
    const code = codeOf(cause);
    super(`host ${describeHost(at)}: ${whatFailed(phase, code)}${reasonOf(cause)}`, { cause });
    this.host = at.host;
    this.port = at.port;
    this.phase = phase;
    if (code !== undefined) Object.defineProperty(this, "code", { value: code, enumerable: true });
  }
}

Object.defineProperty(ConnectError.prototype, "name", { value: "ConnectError", configurable: true, writable: true });

/** A server that has a reason of another kind knows who connects: there is no such database, or there are too many connections. */
function whatFailed(phase: ConnectPhase, code: string | undefined): string {
  if (phase === "role") return "";
  const isOtherReason = phase === "authentication" && isSqlstate(code) && !code.startsWith("28");
  return isOtherReason ? "the server refuses: " : `${phase} failed: `;
}

/** The reasons of every host in one error; a single reason stays as it is. `code` is there when all have the same. */
export function noneOf(failures: readonly Error[]): Error {
  const [first] = failures;
  if (first !== undefined && failures.length === 1) return first;
  const error = new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
  const code = codeOf(first);
  return code !== undefined && failures.every((failure) => codeOf(failure) === code)
    ? Object.assign(error, { code })
    : error;
}

/** The server says that who connects is not who it says (28P01), or may not (28000). */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === "28P01" || code === "28000";
}

/** The server has said it, and not Node, whose codes (`EPIPE`) have no digit. */
export function isSqlstate(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
}

export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** A host that says nothing for its share of the time. */
export function noAnswer(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms.toFixed(0)} ms`), { code: "ETIMEDOUT" });
}
