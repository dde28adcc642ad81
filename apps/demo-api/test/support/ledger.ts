import { type TestDatabase } from "./databases.js";

/** Products of which `received` is not what is available plus what placed orders hold. None, ever. */
export function brokenLedgers(database: TestDatabase): Promise<unknown[]> {
  return database.read(
    `select stock.*, coalesce(held.quantity, 0) as held from stock
     left join (
       select product_id, sum(quantity) as quantity from order_items join orders on orders.id = order_id
       where status = 'placed' group by product_id
     ) as held using (product_id)
     where received <> available + coalesce(held.quantity, 0)`,
  );
}
