import { type Insertable } from "kysely";
import { type Db, type Store } from "../store.js";
import { type Progress } from "./progress.js";
import { type DataSize, type OrderRows, RowMaker } from "./rows.js";
import { type Schema } from "./schema.js";

// With at most seven columns far below every database's limit of values per statement.
const ROWS_PER_STATEMENT = 500;
const ORDERS_PER_TRANSACTION = 5_000;

const CHILDREN_FIRST = ["order_items", "orders", "stock", "customers", "products", "data_set"] as const;

/**
 * Fills an empty database, in batches of one transaction each. A database that is complete is left alone, whatever its size; one
 * whose generation was cut short is emptied and filled anew.
 * @param signal stops between two batches and rejects with its reason; the next start begins again
 * @returns whether it generated anything
 */
export async function generate(
  store: Store,
  size: DataSize,
  progress: Progress,
  signal?: AbortSignal,
): Promise<boolean> {
  const before = await store.db.selectFrom("data_set").select("completed_at").executeTakeFirst();
  if (before !== undefined && before.completed_at !== null) return false;

  // Loaded only here: it is needed once in the life of a database.
  const { faker } = await import("@faker-js/faker/locale/en");
  const maker = new RowMaker(faker, size);
  const batch = async (count: number, work: (db: Db) => Promise<unknown>): Promise<void> => {
    signal?.throwIfAborted();
    await store.transaction(work, { label: "generate data" });
    progress.add(count);
  };

  progress.start(size.products + size.customers + size.orders);
  await batch(0, (db) => startOver(db, size));
  const products = [...maker.products()];
  await batch(products.length, (db) => insertAll(db, "products", products));
  const customers = [...maker.customers()];
  await batch(customers.length, (db) => insertAll(db, "customers", customers));
  for (const orders of inParts(maker.orders(), ORDERS_PER_TRANSACTION)) {
    await batch(orders.length, (db) => insertOrders(db, orders));
  }
  const stock = [...maker.stock()];
  await batch(0, async (db) => {
    await insertAll(db, "stock", stock);
    // In one transaction with the last rows, so that complete means complete.
    await db.updateTable("data_set").set({ completed_at: new Date().toISOString() }).execute();
  });
  progress.finish();
  return true;
}

async function startOver(db: Db, size: DataSize): Promise<void> {
  for (const table of CHILDREN_FIRST) await db.deleteFrom(table).execute();
  await db
    .insertInto("data_set")
    .values({ id: 1, ...size, completed_at: null })
    .execute();
}

async function insertOrders(db: Db, orders: readonly OrderRows[]): Promise<void> {
  await insertAll(
    db,
    "orders",
    orders.map(({ order }) => order),
  );
  await insertAll(
    db,
    "order_items",
    orders.flatMap(({ items }) => items),
  );
}

async function insertAll<T extends keyof Schema>(
  db: Db,
  table: T,
  rows: readonly Insertable<Schema[T]>[],
): Promise<void> {
  for (const part of inParts(rows, ROWS_PER_STATEMENT)) await db.insertInto(table).values(part).execute();
}

function* inParts<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let part: T[] = [];
  for (const item of items) {
    if (part.push(item) < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
