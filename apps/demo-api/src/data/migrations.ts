import { type Kysely, sql } from "kysely";
import { type DatabaseDialect } from "../dialect.js";
import { type Schema } from "./schema.js";

/** What differs between databases for migrations. */
export type MigrationDialect = Pick<DatabaseDialect, "idColumn" | "lockSchema">;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: (db: Kysely<Schema>, dialect: MigrationDialect) => Promise<void>;
}

/** In the order of their versions. One that was released is never changed: a new one follows it. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "order service", up: createOrderService },
  { version: 2, name: "generated data set", up: createDataSet },
];

async function createOrderService(db: Kysely<Schema>, { idColumn }: MigrationDialect): Promise<void> {
  await db.schema
    .createTable("customers")
    .addColumn("id", "integer", idColumn)
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("email", "text", (column) => column.notNull().unique())
    .addColumn("city", "text", (column) => column.notNull())
    .addColumn("country", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("products")
    .addColumn("id", "integer", idColumn)
    .addColumn("sku", "text", (column) => column.notNull().unique())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("category", "text", (column) => column.notNull())
    .addColumn("price_cents", "integer", (column) => column.notNull().check(sql`price_cents >= 0`))
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  // Each index ends with the id, which is what a page of the list goes on from.
  await db.schema.createIndex("products_by_price").on("products").columns(["price_cents", "id"]).execute();
  await db.schema.createIndex("products_by_category").on("products").columns(["category", "id"]).execute();

  await db.schema
    .createTable("stock")
    .addColumn("product_id", "integer", (column) => column.primaryKey().references("products.id").onDelete("cascade"))
    // 64 bits, which SQLite has in any column of integers.
    .addColumn("received", "bigint", (column) => column.notNull())
    // The last line of defence: no path to a sale can take what is not there.
    .addColumn("available", "bigint", (column) => column.notNull().check(sql`available >= 0`))
    .execute();

  await db.schema
    .createTable("orders")
    .addColumn("id", "integer", idColumn)
    .addColumn("customer_id", "integer", (column) => column.notNull().references("customers.id"))
    .addColumn("status", "text", (column) => column.notNull().check(sql`status in ('placed', 'cancelled')`))
    .addColumn("total_cents", "bigint", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("cancelled_at", "text")
    .execute();
  await db.schema.createIndex("orders_by_customer").on("orders").columns(["customer_id", "id"]).execute();

  await db.schema
    .createTable("order_items")
    .addColumn("order_id", "integer", (column) => column.notNull().references("orders.id"))
    .addColumn("product_id", "integer", (column) => column.notNull().references("products.id"))
    .addColumn("quantity", "integer", (column) => column.notNull().check(sql`quantity > 0`))
    .addColumn("price_cents", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("order_items_pk", ["order_id", "product_id"])
    .execute();
  await db.schema.createIndex("order_items_by_product").on("order_items").column("product_id").execute();
}

async function createDataSet(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable("data_set")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("seed", "integer", (column) => column.notNull())
    .addColumn("products", "integer", (column) => column.notNull())
    .addColumn("customers", "integer", (column) => column.notNull())
    .addColumn("orders", "integer", (column) => column.notNull())
    .addColumn("completed_at", "text")
    .execute();
}
