import { type TlsFiles, type SslMode } from "./tls.js";
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

/** Puts `sslmode` and `ssl` together, and says where they contradict. */
export function readTls(mode: SslMode | undefined, ssl: SslOption | undefined, problems: string[]): TlsOptions {
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
