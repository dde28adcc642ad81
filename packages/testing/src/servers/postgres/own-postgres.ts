import { join } from "node:path";
import { OwnServer } from "../own-server.js";
import type { ServerProcess } from "../server-process.js";
import { runSql, type TextRow } from "./admin.js";
import type { Cluster } from "./cluster.js";
import { createStatement, databaseName, withDatabase } from "./databases.js";
import type { PostgresServer, PostgresStandby, ServerTls } from "./options.js";

export interface OwnPostgresParts {
  readonly cluster: Cluster;
  readonly process: ServerProcess;
  readonly port: number;
  readonly password: string;
  readonly tls: ServerTls | undefined;
  /** Copies this server and starts the copy. */
  copy(primary: OwnPostgres, parts: OwnPostgresParts): Promise<PostgresStandby>;
}

/** A PostgreSQL server of our own. */
export class OwnPostgres extends OwnServer implements PostgresServer {
  readonly user = "postgres";
  readonly database = "postgres";
  readonly url: string;
  readonly socketDirectory: string;
  readonly tls: ServerTls | undefined;
  readonly #parts: OwnPostgresParts;
  readonly #standbys: PostgresStandby[] = [];

  constructor(parts: OwnPostgresParts) {
    super(parts.process, parts.port, parts.password);
    this.#parts = parts;
    this.socketDirectory = parts.cluster.home.directory;
    this.tls = parts.tls;
    this.url = `postgres://${this.user}:${parts.password}@${this.host}:${parts.port}/${this.database}`;
  }

  async createDatabase(name = databaseName()): Promise<string> {
    await this.sql(createStatement(name));
    return withDatabase(this.url, name);
  }

  sql(text: string, { database = this.database }: { readonly database?: string } = {}): Promise<TextRow[]> {
    const path = join(this.socketDirectory, `.s.PGSQL.${this.port}`);
    return runSql({ address: { path }, user: this.user, password: this.password, database }, text);
  }

  async createStandby(): Promise<PostgresStandby> {
    const standby = await this.#parts.copy(this, this.#parts);
    this.#standbys.push(standby);
    return standby;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#standbys.map((standby) => standby[Symbol.asyncDispose]()));
    await super[Symbol.asyncDispose]();
  }
}
