import { GivenServer } from "../given-server.js";
import { runSql, type TextRow } from "./admin.js";
import { createStatement, databaseName, dropStatement, withDatabase } from "./databases.js";
import type { PostgresServer, PostgresStandby } from "./options.js";

/** The variable that gives a running PostgreSQL. */
export const POSTGRES_URL = "POOL_TEST_POSTGRES_URL";

/** A database of its own on a PostgreSQL that somebody else runs; it is dropped at the end, with all others made here. */
export async function useGivenPostgres(
  url: URL,
  what = `the server that ${POSTGRES_URL} gives`,
  socketDirectory?: string,
): Promise<PostgresServer> {
  const server = new GivenPostgres(url, databaseName(), what, socketDirectory);
  await server.createDatabase(server.database);
  return server;
}

class GivenPostgres extends GivenServer implements PostgresServer {
  readonly url: string;
  readonly database: string;
  readonly socketDirectory: string | undefined;
  readonly tls = undefined;
  readonly #what: string;
  readonly #maintenance: string;
  readonly #created: string[] = [];

  constructor(given: URL, database: string, what: string, socketDirectory: string | undefined) {
    super(what, given, 5432);
    this.#what = what;
    this.socketDirectory = socketDirectory;
    this.database = database;
    this.url = withDatabase(given.href, database);
    this.#maintenance = decodeURIComponent(given.pathname.slice(1)) || "postgres";
  }

  async createDatabase(name = databaseName()): Promise<string> {
    await this.sql(createStatement(name), { database: this.#maintenance });
    this.#created.push(name);
    return withDatabase(this.url, name);
  }

  sql(text: string, { database = this.database }: { readonly database?: string } = {}): Promise<TextRow[]> {
    const { host, port, user, password } = this;
    return runSql({ address: { host, port }, user, password, database }, text);
  }

  async createStandby(): Promise<PostgresStandby> {
    throw new Error(`${this.#what} gets no standby from a test; start one with { own: true }`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#created.splice(0)) await this.sql(dropStatement(name), { database: this.#maintenance });
  }
}
