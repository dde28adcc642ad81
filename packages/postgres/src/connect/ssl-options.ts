import tls from "node:tls";
import { type SslMode, type SslNegotiation, type TlsFiles } from "./tls.js";
import { type TlsOptions } from "./tls-attempts.js";

/** Certificates and the like for TLS, `true` for "verify-full", or `false` for "disable". */
export type SslOption = boolean | (TlsFiles & { readonly rejectUnauthorized?: boolean });

const FILE_NAMES: readonly (keyof TlsFiles)[] = [
  "ca",
  "cert",
  "key",
  "passphrase",
  "pfx",
  "crl",
  "servername",
  "minVersion",
  "maxVersion",
  "ciphers",
];

/** What is wrong with the option `ssl`, or undefined. */
export function checkSsl(value: unknown): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return SSL_SHAPE;
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (name === "rejectUnauthorized") {
      if (typeof item !== "boolean") return "an object whose rejectUnauthorized is true or false";
    } else if (!FILE_NAMES.includes(name as keyof TlsFiles)) {
      return `an object with nothing but ${[...FILE_NAMES, "rejectUnauthorized"].join(", ")}`;
    } else if (!isContent(item)) return `an object whose ${name} is a text, a Buffer or a list of them`;
  }
  return undefined;
}

export const SSL_SHAPE = "true, false, or an object of certificates and the like as node:tls takes them";

/** What is said of TLS, wherever it is said. */
export interface SaidOfTls {
  readonly mode: SslMode | undefined;
  readonly ssl: SslOption | undefined;
  readonly negotiation: SslNegotiation | undefined;
  /** The authorities of the system. */
  readonly rootcert: "system" | undefined;
}

/** Puts all of it together, and says where it contradicts. */
export function readTls({ mode, ssl, negotiation, rootcert }: SaidOfTls, problems: string[]): TlsOptions {
  const read = readFiles(mode, ssl, problems);
  const direct = negotiation === "direct";
  if (direct && read.mode !== undefined && WEAK.includes(read.mode))
    problems.push(
      `sslnegotiation "direct" needs sslmode "require" or a stricter one, not ${JSON.stringify(read.mode)}`,
    );
  if (rootcert === undefined) return { ...read, mode: read.mode ?? (direct ? "verify-full" : undefined), direct };
  if (read.mode !== undefined && read.mode !== "verify-full")
    problems.push(`sslrootcert "system" needs sslmode "verify-full", not ${JSON.stringify(read.mode)}`);
  if (read.files.ca !== undefined) problems.push('sslrootcert "system" contradicts ssl.ca');
  return { mode: "verify-full", files: { ...read.files, ca: systemAuthorities(problems) }, direct };
}

/** Modes under which somebody may talk without TLS. */
const WEAK: readonly SslMode[] = ["disable", "allow", "prefer"];

function systemAuthorities(problems: string[]): string[] {
  const read = (tls as { getCACertificates?: (type: "system") => string[] }).getCACertificates; // Node 22.15 has it
  if (read === undefined) problems.push('sslrootcert "system" needs Node 22.15 or later');
  return read?.("system") ?? [];
}

function readFiles(
  mode: SslMode | undefined,
  ssl: SslOption | undefined,
  problems: string[],
): Pick<TlsOptions, "mode" | "files"> {
  if (ssl === undefined) return { mode, files: {} };
  if (typeof ssl === "boolean") {
    if (mode !== undefined && (mode === "disable") === ssl)
      problems.push(`ssl ${String(ssl)} contradicts sslmode ${JSON.stringify(mode)}`);
    return { mode: mode ?? (ssl ? "verify-full" : "disable"), files: {} };
  }
  const { rejectUnauthorized, ...files } = ssl;
  const isVerified = mode === "verify-ca" || mode === "verify-full";
  if (rejectUnauthorized === false && (isVerified || files.ca !== undefined))
    problems.push(
      isVerified
        ? `ssl.rejectUnauthorized false contradicts sslmode ${JSON.stringify(mode)}`
        : "ssl.rejectUnauthorized false makes no use of ssl.ca",
    );
  if (rejectUnauthorized === true && mode !== undefined && !isVerified)
    problems.push(`ssl.rejectUnauthorized true contradicts sslmode ${JSON.stringify(mode)}`);
  if (mode === "disable" && Object.keys(files).length > 0) problems.push('ssl is of no use with sslmode "disable"');
  // Whoever hands over certificates wants TLS, on this machine too.
  return { mode: mode ?? (rejectUnauthorized === false ? "require" : "verify-full"), files };
}

function isContent(item: unknown): boolean {
  const isOne = (one: unknown): boolean =>
    typeof one === "string" || ArrayBuffer.isView(one) || (typeof one === "object" && one !== null);
  return Array.isArray(item) ? item.every(isOne) : isOne(item);
}
