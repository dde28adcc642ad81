import { customersDao } from "../dao/customers.js";
import { type OrderItem, type OrderWithItems, ordersDao } from "../dao/orders.js";
import { productsDao } from "../dao/products.js";
import { stockDao } from "../dao/stock.js";
import { ApiError, notFound } from "../errors.js";
import { type Db, type Store } from "../store.js";

export interface OrderRequest {
  readonly customerId: number;
  readonly items: readonly { readonly productId: number; readonly quantity: number }[];
}

/**
 * Places an order in one transaction: all of its stock is reserved and the order is kept, or nothing happens.
 * @throws ApiError `OUT_OF_STOCK`, or `NOT_FOUND` for the customer or a product
 */
export async function placeOrder(store: Store, request: OrderRequest): Promise<OrderWithItems> {
  const wanted = mergeItems(request.items);
  return await store.transaction(
    async (db) => {
      const customer = await customersDao(db).find(request.customerId);
      if (customer === undefined) throw notFound("customer", request.customerId);
      const prices = await productsDao(db).prices([...wanted.keys()]);
      const items: OrderItem[] = [];
      for (const [productId, quantity] of wanted) {
        const priceCents = prices.get(productId);
        if (priceCents === undefined) throw notFound("product", productId);
        if (!(await stockDao(db).reserve(productId, quantity))) throw await outOfStock(db, productId, quantity);
        items.push({ productId, quantity, priceCents });
      }
      return { ...(await ordersDao(db).insert(request.customerId, items)), items };
    },
    { label: "place order" },
  );
}

/**
 * Cancels an order and gives back its stock, in one transaction.
 * @throws ApiError `NOT_FOUND` or `ALREADY_CANCELLED`
 */
export async function cancelOrder(store: Store, id: number): Promise<OrderWithItems> {
  return await store.transaction(
    async (db) => {
      const orders = ordersDao(db);
      const order = await orders.markCancelled(id);
      if (order === undefined) {
        if ((await orders.find(id)) === undefined) throw notFound("order", id);
        throw new ApiError(409, "ALREADY_CANCELLED", `order ${id} was cancelled before`);
      }
      const items = await orders.items(id);
      for (const item of items) await stockDao(db).giveBack(item.productId, item.quantity);
      return { ...order, items };
    },
    { label: "cancel order" },
  );
}

/** Lines of the same product as one, in the order of ids: two orders that lock the same rows do it in the same order, so neither waits for the other. */
function mergeItems(items: OrderRequest["items"]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { productId, quantity } of items) counts.set(productId, (counts.get(productId) ?? 0) + quantity);
  return new Map([...counts].sort(([a], [b]) => a - b));
}

async function outOfStock(db: Db, productId: number, wanted: number): Promise<ApiError> {
  const available = (await stockDao(db).available(productId)) ?? 0;
  return new ApiError(409, "OUT_OF_STOCK", `product ${productId} has ${available} left, and ${wanted} were asked for`);
}
