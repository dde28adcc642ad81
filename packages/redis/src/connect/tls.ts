import { isIP } from "node:net";
import { type ConnectionOptions } from "node:tls";

/** TLS, verified unless `insecure` says otherwise. Certificates and keys are texts in PEM, or Buffers. */
export interface TlsOptions {
  /** Authorities to trust, in place of Node's own. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The client's own certificate, for servers that ask for one, and its key. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** The name that the certificate has to be for. Default: the host. */
  readonly servername?: string;
  /** The certificate is not verified: whoever is in between can read and change everything. @default false */
  readonly insecure?: boolean;
}

export const TLS_SHAPE = "true, false, or an object of ca, cert, key, passphrase, servername and insecure";

const NAMES: readonly (keyof TlsOptions)[] = ["ca", "cert", "key", "passphrase", "servername", "insecure"];

/** What is wrong with it, or undefined. */
export function checkTls(value: unknown): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return TLS_SHAPE;
  for (const [name, item] of Object.entries(value)) {
    if (!NAMES.includes(name as keyof TlsOptions)) return `an object with nothing but ${NAMES.join(", ")}`;
    if (item === undefined) continue;
    if (name === "insecure" && typeof item !== "boolean") return "an object whose insecure is true or false";
    const isContent = (one: unknown): boolean => typeof one === "string" || Buffer.isBuffer(one);
    if (name !== "insecure" && !isContent(item) && !(Array.isArray(item) && item.every(isContent)))
      return `an object whose ${name} is a text or a Buffer`;
  }
  return undefined;
}

/** As node:tls takes it. Nothing in the environment switches the verification off. */
export function tlsSettings(
  host: string | undefined,
  tls: boolean | TlsOptions | undefined,
): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  const { insecure = false, ...given } = tls === true ? {} : tls;
  const named = host !== undefined && isIP(host) === 0 ? { servername: host } : {};
  return { ...named, ...(given as ConnectionOptions), rejectUnauthorized: !insecure };
}

const told = new Set<string>();

/** Says once for each host that its connections are not protected: that was asked for, and should be seen. */
export function warnOfInsecure(where: string): void {
  if (told.has(where) || told.size >= 1_000) return;
  told.add(where);
  const message = `connections to ${where} are encrypted, but to a server whose certificate is not verified (tls.insecure)`;
  process.emitWarning(message, { type: "SecurityWarning", code: "POOL_TLS_UNVERIFIED" });
}
