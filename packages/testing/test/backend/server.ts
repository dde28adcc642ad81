import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/**
 * One line from the client, and one to it; JSON both. Requests are answered in turn, but for `cancel`, which has no reply:
 * it stops the request `target`, or without one whatever runs now or next (as PostgreSQL does).
 */
export type Request =
  | { id: number; op: "hello"; password: string }
  | { id: number; op: "query"; text: string; values: SQLInputValue[] }
  | { id: number; op: "reset" }
  | { id: number; op: "cancel"; target?: number };
type Asked = Exclude<Request, { op: "cancel" }>;
export interface Reply {
  id: number;
  session: number;
  inTransaction: boolean;
  rows?: Record<string, unknown>[];
  rowCount?: number;
  error?: { message: string; code: number };
}

export const CANCELLED = 57014;
export const BUSY = 5;

/** A small SQL server on the loopback: every connection is a session of one SQLite file. `sleep 100` waits so many ms and can be cancelled. */
export class SqlServer {
  readonly password: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "pool-contract-"));
  readonly #sessions = new Map<number, Session>();
  #server: Server | undefined;
  #port = 0;
  #sessionCount = 0;

  private constructor(password: string) {
    this.password = password;
  }

  static async start(password: string): Promise<SqlServer> {
    const server = new SqlServer(password);
    await server.listen();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get openCount(): number {
    return this.#sessions.size;
  }

  async listen(): Promise<void> {
    this.#server = createServer((socket) => this.#accept(socket)).listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection and accepts none until `listen`. */
  async halt(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    for (const { socket } of this.#sessions.values()) socket.destroy();
    await closed;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Cuts one connection, and resolves when that has happened. */
  async kill(session: number): Promise<void> {
    const socket = this.#sessions.get(session)?.socket;
    if (!socket) return;
    const closed = once(socket, "close");
    socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const number = ++this.#sessionCount;
    const session = new Session(number, socket, join(this.#folder, "main.db"), this.password);
    this.#sessions.set(number, session);
    socket.on("close", () => {
      session.end();
      this.#sessions.delete(number);
    });
  }
}

/** One connection, as the server sees it. */
class Session {
  readonly socket: Socket;
  readonly #number: number;
  readonly #file: string;
  readonly #password: string;
  #database: DatabaseSync | undefined;
  #turn: Promise<void> = Promise.resolve();
  #running: { readonly id: number; stop(): void } | undefined;
  #cancelNext = false;

  constructor(number: number, socket: Socket, file: string, password: string) {
    this.socket = socket;
    this.#number = number;
    this.#file = file;
    this.#password = password;
    socket.on("error", () => undefined);
    const lines = createInterface({ input: socket }).on("error", () => undefined);
    lines.on("line", (line) => this.#take(JSON.parse(line) as Request));
  }

  end(): void {
    this.#running?.stop();
    if (this.#database?.isOpen) this.#database.close();
    this.#database = undefined;
  }

  #take(request: Request): void {
    if (request.op === "cancel") this.#cancel(request.target);
    else this.#turn = this.#turn.then(() => this.#answer(request));
  }

  #cancel(target: number | undefined): void {
    if (target === undefined && !this.#running) this.#cancelNext = true;
    else if (target === undefined || target === this.#running?.id) this.#running?.stop();
  }

  async #answer(request: Asked): Promise<void> {
    const reply: Omit<Reply, "session" | "inTransaction"> = { id: request.id };
    try {
      Object.assign(reply, await this.#run(request));
    } catch (error) {
      const { message, errcode = 1 } = error as { message: string; errcode?: number };
      reply.error = { message, code: errcode };
    }
    if (this.socket.destroyed) return;
    const told: Reply = { ...reply, session: this.#number, inTransaction: this.#database?.isTransaction ?? false };
    this.socket.write(`${JSON.stringify(told)}\n`);
  }

  async #run(request: Asked): Promise<Pick<Reply, "rows" | "rowCount">> {
    if (request.op === "hello") {
      if (request.password !== this.#password) throw new Error("wrong password");
      this.#open();
      return {};
    }
    if (!this.#database) throw new Error("say hello first");
    if (request.op === "reset") {
      this.#database.close();
      this.#open();
      return {};
    }
    if (this.#cancelNext) {
      this.#cancelNext = false;
      throw cancelled();
    }
    const pause = /^sleep (\d+)$/.exec(request.text);
    if (pause) return this.#sleep(request.id, Number(pause[1]));
    const statement = this.#database.prepare(request.text);
    if (statement.columns().length === 0)
      return { rows: [], rowCount: Number(statement.run(...request.values).changes) };
    const rows = statement.all(...request.values);
    return { rows, rowCount: rows.length };
  }

  #open(): void {
    this.#database = new DatabaseSync(this.#file, { timeout: 0 });
    this.#database.exec("pragma journal_mode = wal; pragma synchronous = off");
  }

  #sleep(id: number, ms: number): Promise<Pick<Reply, "rows" | "rowCount">> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve({ rows: [], rowCount: 0 }), ms);
      const stop = (): void => {
        this.#running = undefined;
        clearTimeout(timer);
        reject(cancelled());
      };
      this.#running = { id, stop };
    });
  }
}

function cancelled(): Error {
  return Object.assign(new Error("cancelled"), { errcode: CANCELLED });
}
