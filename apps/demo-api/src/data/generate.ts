import { type DatabaseDialect, type Load } from "../dialect.js";
import { type Db, type Store } from "../store.js";
import { inParts } from "./in-parts.js";
import { type Progress } from "./progress.js";
import { type DataSize, type OrderRows, RowMaker } from "./rows.js";

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
  { afterLoad }: Pick<DatabaseDialect, "afterLoad">,
  size: DataSize,
  progress: Progress,
  signal?: AbortSignal,
): Promise<boolean> {
  const before = await store.db.selectFrom("data_set").select("completed_at").executeTakeFirst();
  if (before !== undefined && before.completed_at !== null) return false;

  // Loaded only here: it is needed once in the life of a database.
  const { faker } = await import("@faker-js/faker/locale/en");
  const maker = new RowMaker(faker, size);
  const batch = async (count: number, work: (load: Load, db: Db) => Promise<void>): Promise<void> => {
    signal?.throwIfAborted();
    await store.load(work, { label: "generate data" });
    progress.add(count);
  };

  progress.start(size.products + size.customers + size.orders);
  await batch(0, (_, db) => startOver(db, size));
  const products = [...maker.products()];
  await batch(products.length, (load) => load("products", products));
  const customers = [...maker.customers()];
  await batch(customers.length, (load) => load("customers", customers));
  for (const orders of inParts(maker.orders(), ORDERS_PER_TRANSACTION)) {
    await batch(orders.length, (load) => loadOrders(load, orders));
  }
  const stock = [...maker.stock()];
  await batch(0, async (load, db) => {
    await load("stock", stock);
    await afterLoad(db);
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

async function loadOrders(load: Load, orders: readonly OrderRows[]): Promise<void> {
  await load(
    "orders",
    orders.map(({ order }) => order),
  );
  await load(
    "order_items",
    orders.flatMap(({ items }) => items),
  );
}
