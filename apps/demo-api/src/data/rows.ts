import { type Faker } from "@faker-js/faker";
import { type Insertable } from "kysely";
import { type Schema } from "./schema.js";

/** How much is generated, and from which seed. The same numbers give the same rows on every machine. */
export interface DataSize {
  readonly seed: number;
  readonly products: number;
  readonly customers: number;
  readonly orders: number;
}

type Row<T extends keyof Schema> = Insertable<Schema[T]>;

export interface OrderRows {
  readonly order: Row<"orders">;
  readonly items: Row<"order_items">[];
}

// A fixed end of time, since rows that depend on today would differ from one day to the next.
const END = Date.UTC(2026, 9, 31);
const DAY = 86_400_000;
const SPAN = 730 * DAY;
const CANCELLED_SHARE = 0.04;

/** Makes the rows of one data set. Take them in the order of the methods: later ones refer to earlier ones. */
export class RowMaker {
  readonly #faker: Faker;
  readonly #size: DataSize;
  readonly #prices: number[] = [];
  readonly #sold: number[];

  constructor(faker: Faker, size: DataSize) {
    faker.seed(size.seed);
    this.#faker = faker;
    this.#size = size;
    this.#sold = Array.from({ length: size.products + 1 }, () => 0);
  }

  *products(): Generator<Row<"products">> {
    const { commerce, number } = this.#faker;
    for (let id = 1; id <= this.#size.products; id++) {
      const price_cents = number.int({ min: 199, max: 49_999 });
      this.#prices[id] = price_cents;
      const sku = `SKU-${String(id).padStart(6, "0")}`;
      yield {
        id,
        sku,
        name: commerce.productName(),
        category: commerce.department(),
        price_cents,
        created_at: at(END - SPAN),
      };
    }
  }

  *customers(): Generator<Row<"customers">> {
    const { person, location, number } = this.#faker;
    for (let id = 1; id <= this.#size.customers; id++) {
      const first = person.firstName();
      const last = person.lastName();
      const local = `${first}.${last}.${id}`.toLowerCase().replaceAll(/[^a-z0-9.]/g, "");
      const created_at = at(END - SPAN - number.int({ min: 0, max: 365 }) * DAY);
      yield {
        id,
        name: `${first} ${last}`,
        email: `${local}@example.com`,
        city: location.city(),
        country: location.countryCode(),
        created_at,
      };
    }
  }

  /** In the order of time, over two years. */
  *orders(): Generator<OrderRows> {
    const { number } = this.#faker;
    const step = SPAN / Math.max(1, this.#size.orders);
    for (let id = 1; id <= this.#size.orders; id++) {
      const placedAt = END - SPAN + Math.floor((id - 1) * step);
      const cancelled = number.float() < CANCELLED_SHARE;
      const items = this.#items(id);
      if (!cancelled)
        for (const item of items) this.#sold[item.product_id] = (this.#sold[item.product_id] ?? 0) + item.quantity;
      const order: Row<"orders"> = {
        id,
        customer_id: number.int({ min: 1, max: this.#size.customers }),
        status: cancelled ? "cancelled" : "placed",
        total_cents: items.reduce((sum, item) => sum + item.quantity * item.price_cents, 0),
        created_at: at(placedAt),
        cancelled_at: cancelled ? at(placedAt + DAY) : null,
      };
      yield { order, items };
    }
  }

  /** What is left on the shelf, and the deliveries that explain it. */
  *stock(): Generator<Row<"stock">> {
    for (let product_id = 1; product_id <= this.#size.products; product_id++) {
      const available = this.#faker.number.int({ min: 20, max: 500 });
      yield { product_id, available, received: available + (this.#sold[product_id] ?? 0) };
    }
  }

  #items(order_id: number): Row<"order_items">[] {
    const { number } = this.#faker;
    const chosen = new Map<number, Row<"order_items">>();
    for (let left = number.int({ min: 1, max: 4 }); left > 0; left--) {
      const product_id = number.int({ min: 1, max: this.#size.products });
      const quantity = number.int({ min: 1, max: 3 });
      chosen.set(product_id, { order_id, product_id, quantity, price_cents: this.#prices[product_id] ?? 0 });
    }
    return [...chosen.values()];
  }
}

function at(time: number): string {
  return new Date(time).toISOString();
}
