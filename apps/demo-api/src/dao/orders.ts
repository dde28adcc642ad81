import { type OrderStatus } from "../data/schema.js";
import { type Db } from "../store.js";
import { type Page, readCursor, toPage } from "./page.js";

export interface Order {
  readonly id: number;
  readonly customerId: number;
  readonly status: OrderStatus;
  readonly totalCents: number;
  readonly createdAt: string;
  readonly cancelledAt: string | null;
}

export interface OrderItem {
  readonly productId: number;
  readonly quantity: number;
  /** The price of one piece at the time of the order. */
  readonly priceCents: number;
}

export interface OrderWithItems extends Order {
  readonly items: OrderItem[];
}

const COLUMNS = [
  "id",
  "customer_id as customerId",
  "status",
  "total_cents as totalCents",
  "created_at as createdAt",
  "cancelled_at as cancelledAt",
] as const;

/** Orders and their items, over the pool or inside a transaction: whatever `db` is bound to. */
export function ordersDao(db: Db) {
  return {
    /** Newest first. */
    async list(filter: {
      after?: string;
      limit: number;
      customerId?: number;
      status?: OrderStatus;
    }): Promise<Page<Order>> {
      const position = readCursor(filter.after, "newest", "number");
      let query = db
        .selectFrom("orders")
        .select(COLUMNS)
        .orderBy("id", "desc")
        .limit(filter.limit + 1);
      if (position !== undefined) query = query.where("id", "<", position.id);
      if (filter.customerId !== undefined) query = query.where("customer_id", "=", filter.customerId);
      if (filter.status !== undefined) query = query.where("status", "=", filter.status);
      return toPage(await query.execute(), filter.limit, "newest", (order) => order.id);
    },

    find(id: number): Promise<Order | undefined> {
      return db.selectFrom("orders").select(COLUMNS).where("id", "=", id).executeTakeFirst();
    },

    items(orderId: number): Promise<OrderItem[]> {
      return db
        .selectFrom("order_items")
        .select(["product_id as productId", "quantity", "price_cents as priceCents"])
        .where("order_id", "=", orderId)
        .orderBy("product_id")
        .execute();
    },

    /** Inserts an order and its items; call it in a transaction. */
    async insert(customerId: number, items: readonly OrderItem[]): Promise<Order> {
      const total_cents = items.reduce((sum, item) => sum + item.quantity * item.priceCents, 0);
      const order = await db
        .insertInto("orders")
        .values({ customer_id: customerId, status: "placed", total_cents, created_at: new Date().toISOString() })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      const rows = items.map((item) => ({
        order_id: order.id,
        product_id: item.productId,
        quantity: item.quantity,
        price_cents: item.priceCents,
      }));
      await db.insertInto("order_items").values(rows).execute();
      return order;
    },

    /** @returns the order, or undefined when it is not there or was cancelled before: of two callers one wins */
    markCancelled(id: number): Promise<Order | undefined> {
      return db
        .updateTable("orders")
        .set({ status: "cancelled", cancelled_at: new Date().toISOString() })
        .where("id", "=", id)
        .where("status", "=", "placed")
        .returning(COLUMNS)
        .executeTakeFirst();
    },
  };
}
