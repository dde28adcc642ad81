import { SteadyLoad, type Operation as AnyOperation } from "@pool/testing";
import { type PostgresClient } from "../../src/index.js";

type Kind = "read" | "write" | "transaction";
export type Operation = AnyOperation<Kind>;

const KINDS = ["read", "write", "read", "write", "transaction"] as const;

/** Callers of one client, whose writes a ledger counts. */
export class Load extends SteadyLoad<Kind> {
  constructor(client: PostgresClient, { rate, kinds = KINDS }: { rate: number; kinds?: readonly Kind[] }) {
    super((id, kind) => run(client, id, kind), { rate, kinds });
  }
}

async function run(client: PostgresClient, id: number, kind: Kind): Promise<void> {
  if (kind === "read") {
    const { rows } = await client.query<{ n: number }>("select $1::int as n", [id]);
    if (rows.length !== 1 || rows[0]?.n !== id) throw new Error(`wrong reply: ${JSON.stringify(rows)} to ${id}`);
  } else if (kind === "write") {
    const { rowCount } = await client.query("insert into ledger values ($1, 'write')", [id]);
    if (rowCount !== 1) throw new Error(`wrong reply: ${rowCount} rows`);
  } else {
    await client.transaction(async (tx) => {
      await tx.query("insert into ledger values ($1, 'transaction')", [id]);
      await tx.query("update counter set n = n + 1 where id = $1", [id % 64]);
    });
  }
}
