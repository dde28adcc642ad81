import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the connector `db` is described: a file for `@pool/config`, and the variables that it names. */
export interface DatabaseSource {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the environment says of the database, checked one by one. */
export interface DatabaseSettings {
  readonly url: string | undefined;
  readonly config: string | undefined;
  readonly dataDir: string;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** A file of the user's own goes before what `DATABASE_URL` chooses: PostgreSQL by its scheme, else an SQLite file. */
export function databaseSource({ url, config, dataDir }: DatabaseSettings, env: DatabaseSource["env"]): DatabaseSource {
  if (config !== undefined) return { file: resolve(config), env };
  if (url !== undefined && isPostgres(url)) return { file: ownFile("postgres.yaml"), env };
  const file = url === undefined ? join(dataDir, "orders.sqlite") : fileOf(url);
  return { file: ownFile("sqlite.yaml"), env: { ...env, DATABASE_FILE: resolve(file) } };
}

/** What is wrong with a `DATABASE_URL`, or nothing. The connector checks the rest. */
export function checkDatabaseUrl(url: unknown): string | undefined {
  const known = typeof url === "string" && url !== "" && (!SCHEME.test(url) || isPostgres(url) || isFile(url));
  return known ? undefined : DATABASE_URL_SHAPE;
}

export const DATABASE_URL_SHAPE = "a postgres:// URL, or the name of a file";

function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(url);
}

function isFile(url: string): boolean {
  return url.startsWith("file:");
}

function fileOf(url: string): string {
  if (url.startsWith("file://")) return fileURLToPath(url);
  return isFile(url) ? url.slice("file:".length) : url;
}

// The same from src/ and from dist/.
function ownFile(name: string): string {
  return fileURLToPath(new URL(`../config/${name}`, import.meta.url));
}
