import { join } from "node:path";
import { onFreePort } from "./free-port.js";
import { makeHome, type Home } from "./home.js";
import { OwnServer } from "./own-server.js";
import { runSql, type TextRow } from "./postgres/admin.js";
import type { PostgresServer } from "./postgres/options.js";
import { findProgram, missing } from "./programs.js";
import { ServerProcess } from "./server-process.js";
import type { TestServer } from "./server.js";

export interface PgBouncerOptions {
  /** The server that it stands in front of; every database there can be reached by its name. */
  readonly server: Pick<PostgresServer, "host" | "port" | "user" | "password" | "database">;
  /** When a server connection goes to the next client. @default "transaction" */
  readonly poolMode?: "session" | "transaction" | "statement";
  /** Lines of the section [pgbouncer], such as `{ default_pool_size: 2 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface PgBouncer extends TestServer {
  readonly database: string;
  /** Runs a command of its console, such as `SHOW POOLS` or `PAUSE`, and resolves with the rows. */
  console(command: string): Promise<TextRow[]>;
}

/**
 * A PgBouncer for a test, in front of a PostgreSQL and with the same user and password.
 *
 * @throws Error that names the command to run when there is no `pgbouncer` on this machine
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const program = findProgram("pgbouncer");
  if (!program) throw missing("PgBouncer", undefined, "pgbouncer", "pgbouncer");
  const home = makeHome("bouncer");
  const { user, password } = options.server;
  home.write("users.txt", `"${user}" "${password.replaceAll('"', '""')}"\n`);
  let current = 0;
  const process = new ServerProcess({
    name: "PgBouncer",
    program,
    args: () => [join(home.directory, "pgbouncer.ini")],
    home,
    stopSignal: "SIGQUIT", // since 1.23 SIGTERM waits for the clients to leave
    endSignal: "SIGKILL",
    isReady: async () => (await runSql(consoleOf(current, user, password), "show version")).length > 0,
  });
  try {
    const port = await onFreePort(async (candidate) => {
      current = candidate;
      home.write("pgbouncer.ini", iniOf(options, home, candidate));
      await process.start();
    });
    return new OwnPgBouncer(process, port, options.server);
  } catch (error) {
    await process.end();
    throw error;
  }
}

class OwnPgBouncer extends OwnServer implements PgBouncer {
  readonly user: string;
  readonly database: string;
  readonly url: string;

  constructor(process: ServerProcess, port: number, server: PgBouncerOptions["server"]) {
    super(process, port, server.password);
    this.user = server.user;
    this.database = server.database;
    const credentials = `${encodeURIComponent(server.user)}:${encodeURIComponent(server.password)}`;
    this.url = `postgres://${credentials}@${this.host}:${port}/${encodeURIComponent(server.database)}`;
  }

  console(command: string): Promise<TextRow[]> {
    return runSql(consoleOf(this.port, this.user, this.password), command);
  }
}

function consoleOf(port: number, user: string, password: string) {
  return { address: { host: "127.0.0.1", port }, user, password, database: "pgbouncer" };
}

function iniOf(
  { server, poolMode = "transaction", settings = {} }: PgBouncerOptions,
  home: Home,
  port: number,
): string {
  const lines = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: home.directory,
    auth_type: "scram-sha-256",
    auth_file: join(home.directory, "users.txt"),
    admin_users: server.user,
    pool_mode: poolMode,
    ...settings,
  };
  const section = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  return ["[databases]", `* = host=${server.host} port=${server.port}`, "[pgbouncer]", ...section, ""].join("\n");
}
