import { type Db } from "../store.js";
import { type Page, readCursor, toPage } from "./page.js";

export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly priceCents: number;
  /** How many can be ordered now. */
  readonly available: number;
  readonly createdAt: string;
}

export type NewProduct = Pick<Product, "sku" | "name" | "category" | "priceCents"> & { readonly stock: number };
export type ProductSort = "id" | "price";

/** Products with their stock, over the pool or inside a transaction: whatever `db` is bound to. */
export function productsDao(db: Db) {
  const withStock = () =>
    db
      .selectFrom("products")
      .innerJoin("stock", "stock.product_id", "products.id")
      .select(["id", "sku", "name", "category", "price_cents as priceCents", "available", "created_at as createdAt"]);

  return {
    async list(filter: {
      after?: string;
      limit: number;
      category?: string;
      sort: ProductSort;
    }): Promise<Page<Product>> {
      const { sort, category } = filter;
      const position = readCursor(filter.after, sort, "number");
      let query = withStock().limit(filter.limit + 1);
      if (category !== undefined) query = query.where("category", "=", category);
      if (sort === "price") query = query.orderBy("price_cents");
      query = query.orderBy("id");
      if (position !== undefined) {
        query =
          sort === "price"
            ? query.where((eb) =>
                eb(eb.refTuple("price_cents", "id"), ">", eb.tuple(Number(position.value), position.id)),
              )
            : query.where("id", ">", position.id);
      }
      return toPage(await query.execute(), filter.limit, sort, (product) =>
        sort === "price" ? product.priceCents : product.id,
      );
    },

    find(id: number): Promise<Product | undefined> {
      return withStock().where("id", "=", id).executeTakeFirst();
    },

    /** The prices of those of `ids` that there are. */
    async prices(ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
      const rows = await db.selectFrom("products").select(["id", "price_cents"]).where("id", "in", ids).execute();
      return new Map(rows.map((row) => [row.id, row.price_cents]));
    },

    /** Those of `skus` that are taken. */
    async takenSkus(skus: readonly string[]): Promise<string[]> {
      const rows = await db.selectFrom("products").select("sku").where("sku", "in", skus).orderBy("sku").execute();
      return rows.map((row) => row.sku);
    },

    /** Inserts products and their stock; call it in a transaction. @returns their ids in the order of `products` */
    async insert(products: readonly NewProduct[]): Promise<number[]> {
      const created_at = new Date().toISOString();
      const rows = products.map(({ sku, name, category, priceCents }) => ({
        sku,
        name,
        category,
        price_cents: priceCents,
        created_at,
      }));
      const inserted = await db.insertInto("products").values(rows).returning(["id", "sku"]).execute();
      // The order of returned rows is the database's own affair.
      const idOf = new Map(inserted.map((row) => [row.sku, row.id]));
      const stock = products.map(({ sku, stock: count }) => ({
        product_id: idOf.get(sku) ?? 0,
        received: count,
        available: count,
      }));
      await db.insertInto("stock").values(stock).execute();
      return stock.map((row) => row.product_id);
    },

    /** @returns whether there was one */
    async update(id: number, changes: Partial<Pick<Product, "name" | "category" | "priceCents">>): Promise<boolean> {
      const { priceCents, ...rest } = changes;
      const columns = { ...rest, ...(priceCents !== undefined && { price_cents: priceCents }) };
      const changed = await db
        .updateTable("products")
        .set(columns)
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },

    /** @returns whether there was one. A product that was ordered stays: the database refuses with a foreign-key violation. */
    async remove(id: number): Promise<boolean> {
      const removed = await db.deleteFrom("products").where("id", "=", id).returning("id").executeTakeFirst();
      return removed !== undefined;
    },
  };
}
