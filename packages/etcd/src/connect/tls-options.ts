import { readFile } from "node:fs/promises";
import { describeEndpoint, type Endpoint, type TlsSettings } from "../wire/socket.js";

/** Certificates for TLS, as text or as files. Files are read at each connect, so that renewed ones need no restart. */
export interface EtcdTls {
  /** Who may have signed the server's certificate. @default the authorities that Node knows */
  ca?: string | Uint8Array;
  caFile?: string;
  /** Our own certificate, where the server asks for one, with its key. */
  cert?: string | Uint8Array;
  certFile?: string;
  key?: string | Uint8Array;
  keyFile?: string;
  passphrase?: string;
  /** What the server's certificate has to name. @default the endpoint's host */
  serverName?: string;
  /** Takes any certificate of anybody, which protects against no one who can change the traffic. @default false */
  insecureSkipVerify?: boolean;
}

const CONTENT = ["ca", "cert", "key"] as const;
const TEXTS = ["caFile", "certFile", "keyFile", "passphrase", "serverName"] as const;
const KNOWN: readonly string[] = [...CONTENT, ...TEXTS, "insecureSkipVerify"];

/** What is wrong with it, without its content. */
export function checkTls(value: unknown): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return TLS_SHAPE;
  const tls = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(tls))
    if (!KNOWN.includes(name)) return `${TLS_SHAPE} (${JSON.stringify(name)} is unknown)`;
  for (const name of CONTENT) {
    const item = tls[name];
    if (item !== undefined && typeof item !== "string" && !(item instanceof Uint8Array))
      return `tls with ${name} as text or bytes`;
    if (item !== undefined && tls[`${name}File`] !== undefined) return `tls with ${name} or ${name}File, not both`;
  }
  for (const name of TEXTS)
    if (tls[name] !== undefined && typeof tls[name] !== "string") return `tls with ${name} as a string`;
  const { insecureSkipVerify } = tls;
  if (insecureSkipVerify !== undefined && typeof insecureSkipVerify !== "boolean")
    return "tls with insecureSkipVerify as true or false";
  const has = (name: "ca" | "cert" | "key"): boolean => (tls[name] ?? tls[`${name}File`]) !== undefined;
  if (has("cert") !== has("key")) return "tls with cert and key together";
  if (insecureSkipVerify === true && has("ca"))
    return "tls with a ca or with insecureSkipVerify, which makes no use of it";
  return undefined;
}

export const TLS_SHAPE = "true, false, or certificates: { ca, cert, key, serverName, … }";

/** With the files read. */
export async function readTlsFiles(tls: EtcdTls): Promise<TlsSettings> {
  const content = async (name: (typeof CONTENT)[number]): Promise<string | Buffer | undefined> => {
    const given = tls[name];
    const file = tls[`${name}File`];
    if (given !== undefined) return typeof given === "string" ? given : Buffer.from(given);
    return file === undefined ? undefined : await readFile(file);
  };
  const [ca, cert, key] = await Promise.all([content("ca"), content("cert"), content("key")]);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tls.passphrase !== undefined && { passphrase: tls.passphrase }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    rejectUnauthorized: tls.insecureSkipVerify !== true,
  };
}

/** Says once for each connector that its servers are not verified: that was asked for, and should be seen. */
export function warnOfUnverified(tls: EtcdTls | undefined, endpoints: readonly Endpoint[]): void {
  if (tls?.insecureSkipVerify !== true) return;
  const where = endpoints.map(describeEndpoint).join(", ");
  process.emitWarning(
    `connections to etcd at ${where} are encrypted, but to servers that are not verified (insecureSkipVerify)`,
    {
      type: "SecurityWarning",
      code: "POOL_TLS_UNVERIFIED",
    },
  );
}
