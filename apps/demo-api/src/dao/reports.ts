import { type Db, type ReadOptions, type Store } from "../store.js";

export interface SimilarCustomers {
  readonly customerId: number;
  readonly otherId: number;
  /** How many products both have bought. */
  readonly products: number;
}

/**
 * Pairs of customers who bought the same products, the most alike first. Slow by nature: it joins everything that was ever bought
 * with itself.
 */
export async function similarCustomers(store: Store, limit: number, options: ReadOptions): Promise<SimilarCustomers[]> {
  const rows = await store.longRead(pairsQuery(store.db, limit), options);
  // A count has 64 bits, which some drivers hand over as text.
  return rows.map((row) => ({ ...row, products: Number(row.products) }));
}

function pairsQuery(db: Db, limit: number) {
  return db
    .with("bought", (cte) =>
      cte
        .selectFrom("order_items")
        .innerJoin("orders", "orders.id", "order_items.order_id")
        .where("orders.status", "=", "placed")
        .select(["orders.customer_id", "order_items.product_id"])
        .distinct(),
    )
    .selectFrom("bought as one")
    .innerJoin("bought as other", (join) =>
      join.onRef("other.product_id", "=", "one.product_id").onRef("other.customer_id", ">", "one.customer_id"),
    )
    .select((eb) => ["one.customer_id as customerId", "other.customer_id as otherId", eb.fn.countAll().as("products")])
    .groupBy(["one.customer_id", "other.customer_id"])
    .orderBy("products", "desc")
    .orderBy("customerId")
    .orderBy("otherId")
    .limit(limit);
}
