import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Scram } from "./scram.js";

/** A row as the server writes it: every value as text. */
export type TextRow = Record<string, string | null>;

export interface AdminTarget {
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const PATIENCE = 15_000;

/**
 * Runs SQL on a connection of its own and resolves with the rows of all its statements. It needs no driver, and is no driver: there are
 * no values to bind, and no TLS.
 */
export async function runSql(target: AdminTarget, sql: string): Promise<TextRow[]> {
  const socket = connect(target.address);
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`no answer within ${PATIENCE} ms`)));
  try {
    socket.write(startup({ user: target.user, database: target.database, application_name: "@pool/testing" }));
    const scram = new Scram(target.password);
    const rows: TextRow[] = [];
    let columns: string[] = [];
    let asked = false;
    for await (const { type, body } of messages(socket)) {
      if (type === "E") throw new Error(errorText(body));
      else if (type === "R") authenticate(socket, scram, target, body);
      else if (type === "T") columns = columnNames(body);
      else if (type === "D") rows.push(textRow(columns, body));
      else if (type === "Z" && asked) return rows;
      else if (type === "Z") {
        socket.write(message("Q", `${sql}\0`));
        asked = true;
      }
    }
    throw new Error("the server closed the connection");
  } finally {
    socket.end(message("X", ""));
    socket.destroySoon();
  }
}

/** Text as SQL writes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL writes it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function authenticate(socket: Socket, scram: Scram, { user, password }: AdminTarget, body: Buffer): void {
  const kind = body.readInt32BE(0);
  const rest = body.subarray(4);
  if (kind === 3) socket.write(message("p", `${password}\0`));
  else if (kind === 5) {
    const inner = createHash("md5").update(`${password}${user}`).digest("hex");
    socket.write(message("p", `md5${createHash("md5").update(inner).update(rest).digest("hex")}\0`));
  } else if (kind === 10) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(Buffer.byteLength(scram.first()));
    socket.write(message("p", Buffer.concat([Buffer.from("SCRAM-SHA-256\0"), length, Buffer.from(scram.first())])));
  } else if (kind === 11) socket.write(message("p", scram.answer(rest.toString())));
  else if (kind === 12) scram.check(rest.toString());
  else if (kind !== 0)
    throw new Error(`the server asks for an authentication of kind ${kind}, which is not known here`);
}

async function* messages(socket: Socket): AsyncGenerator<{ type: string; body: Buffer }> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 5 && pending.length > pending.readInt32BE(1)) {
      const end = 1 + pending.readInt32BE(1);
      yield { type: String.fromCharCode(pending[0] ?? 0), body: pending.subarray(5, end) };
      pending = pending.subarray(end);
    }
  }
}

function message(type: string, body: string | Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

function startup(parameters: Record<string, string>): Buffer {
  const body = Buffer.from(`${Object.entries(parameters).flat().join("\0")}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function columnNames(body: Buffer): string[] {
  const names: string[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    names.push(body.toString("utf8", at, end));
    at = end + 19; // what follows a name: its table, column, type, size, modifier and format
  }
  return names;
}

function textRow(columns: readonly string[], body: Buffer): TextRow {
  let at = 2;
  return Object.fromEntries(
    columns.map((name) => {
      const length = body.readInt32BE(at);
      at += 4;
      if (length < 0) return [name, null];
      at += length;
      return [name, body.toString("utf8", at - length, at)];
    }),
  );
}

/** Its message and SQLSTATE. */
function errorText(body: Buffer): string {
  const fields = Object.fromEntries(
    body
      .toString()
      .split("\0")
      .filter((field) => field !== "")
      .map((field) => [field.charAt(0), field.slice(1)]),
  );
  return `${fields.M ?? "the server refused"} (${fields.C ?? "no SQLSTATE"})`;
}
