import { type Generated } from "kysely";

/**
 * The tables of the order service. Times are ISO 8601 text in UTC and money is whole cents, so that every database keeps and sorts
 * them the same way.
 */
export interface Schema {
  schema_version: { version: number; name: string; applied_at: string };
  data_set: DataSetTable;
  customers: CustomersTable;
  products: ProductsTable;
  stock: StockTable;
  orders: OrdersTable;
  order_items: OrderItemsTable;
}

/** What was generated at first start. `completed_at` is empty until the last row is in. */
interface DataSetTable {
  id: number;
  seed: number;
  products: number;
  customers: number;
  orders: number;
  completed_at: string | null;
}

interface CustomersTable {
  id: Generated<number>;
  name: string;
  email: string;
  city: string;
  country: string;
  created_at: string;
}

interface ProductsTable {
  id: Generated<number>;
  sku: string;
  name: string;
  category: string;
  price_cents: number;
  created_at: string;
}

/** `received = available + what orders hold` at all times: the ledger that a test, and anybody, can check. */
interface StockTable {
  product_id: number;
  received: number;
  available: number;
}

export type OrderStatus = "placed" | "cancelled";

interface OrdersTable {
  id: Generated<number>;
  customer_id: number;
  status: OrderStatus;
  total_cents: number;
  created_at: string;
  cancelled_at: string | null;
}

/** `price_cents` is the price of one piece at the time of the order. */
interface OrderItemsTable {
  order_id: number;
  product_id: number;
  quantity: number;
  price_cents: number;
}
