import { type Db } from "../store.js";

/** Counts of products. `received = available + what orders hold` is kept by every method. */
export function stockDao(db: Db) {
  return {
    /**
     * Takes `count` pieces if that many are there, in one statement: the check and the change cannot come apart, so nothing is sold
     * twice however many ask at once. @returns whether it took them
     */
    async reserve(productId: number, count: number): Promise<boolean> {
      const taken = await db
        .updateTable("stock")
        .set((eb) => ({ available: eb("available", "-", count) }))
        .where("product_id", "=", productId)
        .where("available", ">=", count)
        .returning("product_id")
        .executeTakeFirst();
      return taken !== undefined;
    },

    /** Puts back what an order held. */
    async giveBack(productId: number, count: number): Promise<void> {
      await db
        .updateTable("stock")
        .set((eb) => ({ available: eb("available", "+", count) }))
        .where("product_id", "=", productId)
        .execute();
    },

    /** A delivery came in. @returns whether there is such a product */
    async receive(productId: number, count: number): Promise<boolean> {
      const changed = await db
        .updateTable("stock")
        .set((eb) => ({ available: eb("available", "+", count), received: eb("received", "+", count) }))
        .where("product_id", "=", productId)
        .returning("product_id")
        .executeTakeFirst();
      return changed !== undefined;
    },

    async available(productId: number): Promise<number | undefined> {
      const row = await db
        .selectFrom("stock")
        .select("available")
        .where("product_id", "=", productId)
        .executeTakeFirst();
      return row?.available;
    },
  };
}
