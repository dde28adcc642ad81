import { invalidOptions } from "@pool/core";
import type pg from "pg";
import { type PostgresOptions } from "../options.js";

/** A connection string says something about TLS. */
const IN_URL = /[?&]ssl(?:mode|cert|key|rootcert|negotiation)?=/i;

/**
 * `ssl` as pg has read it. Where nobody has said anything pg does not encrypt; here the default stays the one of `postgres()`, which verifies.
 * @throws PoolError `INVALID_OPTIONS` for a checkServerIdentity of the caller's own: it would be weaker to leave it out
 */
export function sslOf(read: unknown, given: pg.PoolConfig): Pick<PostgresOptions, "ssl" | "sslmode"> {
  if (read === undefined || read === null || (read === false && !isSaid(given))) return {};
  if (typeof read !== "object") return { ssl: read === true || read === "true" };
  const { checkServerIdentity, rejectUnauthorized, ca, ...visible } = read as Record<string, unknown>;
  const { key } = read as { readonly key?: unknown }; // pg makes it invisible
  const files = { ...visible, ...(key !== undefined && { key: key as string }) };
  if (checkServerIdentity !== undefined) {
    const message =
      'ssl.checkServerIdentity is not supported; sslmode "verify-ca" leaves the name out, ssl.servername says another';
    throw invalidOptions("pg.Pool", [message]);
  }
  // pg takes an authority that it then does not look at.
  if (rejectUnauthorized === false) return { ssl: { ...files, rejectUnauthorized } };
  return { ssl: { ...files, ...(ca !== undefined && { ca: ca as string }) } };
}

function isSaid({ ssl, connectionString }: pg.PoolConfig): boolean {
  if (ssl !== undefined) return true;
  const isInUrl = connectionString !== undefined && IN_URL.test(connectionString);
  return isInUrl || process.env.PGSSLMODE !== undefined;
}
