import { isLoopback, isSocketFolder } from "./address.js";
import { type SslMode, type TlsFiles } from "./tls.js";

/** What the options say of TLS. */
export interface TlsOptions {
  /** Undefined: verified in full, unless the connection stays on this machine. */
  readonly mode: SslMode | undefined;
  readonly files: TlsFiles;
  /** TLS begins with its handshake. */
  readonly direct: boolean;
}

/** One way to connect. `optional` goes on in clear text when the server has no TLS. */
export interface TlsAttempt {
  readonly mode: SslMode;
  readonly optional: boolean;
}

/** The way to connect, and the one to fall back to for the two modes that have one. Only `allow` and `prefer` ever go on without TLS that was asked for. */
export function attemptsOf(
  tls: TlsOptions,
  host: string,
  ip: string | undefined,
): readonly [TlsAttempt, TlsAttempt | undefined] {
  const mode = isSocketFolder(host) ? "disable" : (tls.mode ?? defaultMode(host, ip));
  switch (mode) {
    case "allow":
      return [PLAIN, { mode: "allow", optional: false }];
    case "prefer":
      return [{ mode: "prefer", optional: true }, PLAIN];
    default:
      return [{ mode, optional: false }, undefined];
  }
}

const PLAIN: TlsAttempt = { mode: "disable", optional: false };

// What stays on this machine is seen by nobody else. The name alone does not tell: a resolver may send "localhost" elsewhere.
function defaultMode(host: string, ip: string | undefined): SslMode {
  return isLoopback(host) && (ip === undefined || isLoopback(ip)) ? "disable" : "verify-full";
}
