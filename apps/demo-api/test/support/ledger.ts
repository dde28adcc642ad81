import { join } from "node:path";
import Database from "better-sqlite3";

/** The database's file of the service that runs in this folder. */
export const fileIn = (dataDir: string): string => join(dataDir, "orders.sqlite");

/** Runs one reading statement past the service, on a connection of its own. */
export function readFrom<Row>(dataDir: string, sql: string): Row[] {
  const database = new Database(fileIn(dataDir), { readonly: true });
  try {
    return database.prepare<[], Row>(sql).all();
  } finally {
    database.close();
  }
}

/** Products of which `received` is not what is available plus what placed orders hold. None, ever. */
export function brokenLedgers(dataDir: string): unknown[] {
  return readFrom(
    dataDir,
    `select stock.*, coalesce(held.quantity, 0) as held from stock
     left join (
       select product_id, sum(quantity) as quantity from order_items join orders on orders.id = order_id
       where status = 'placed' group by product_id
     ) as held using (product_id)
     where received <> available + coalesce(held.quantity, 0)`,
  );
}
