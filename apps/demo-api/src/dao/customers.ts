import { type Db } from "../store.js";
import { type Page, readCursor, toPage } from "./page.js";

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly city: string;
  readonly country: string;
  readonly createdAt: string;
}

export type NewCustomer = Pick<Customer, "name" | "email" | "city" | "country">;

const COLUMNS = ["id", "name", "email", "city", "country", "created_at as createdAt"] as const;

/** Customers, over the pool or inside a transaction: whatever `db` is bound to. */
export function customersDao(db: Db) {
  return {
    async list(filter: { after?: string; limit: number; email?: string }): Promise<Page<Customer>> {
      const position = readCursor(filter.after, "id", "number");
      let query = db
        .selectFrom("customers")
        .select(COLUMNS)
        .orderBy("id")
        .limit(filter.limit + 1);
      if (position !== undefined) query = query.where("id", ">", position.id);
      if (filter.email !== undefined) query = query.where("email", "=", filter.email);
      return toPage(await query.execute(), filter.limit, "id", (customer) => customer.id);
    },

    find(id: number): Promise<Customer | undefined> {
      return db.selectFrom("customers").select(COLUMNS).where("id", "=", id).executeTakeFirst();
    },

    insert(customer: NewCustomer): Promise<Customer> {
      const created_at = new Date().toISOString();
      return db
        .insertInto("customers")
        .values({ ...customer, created_at })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
    },

    /** @returns the changed row, or undefined when there is none */
    update(id: number, changes: Partial<NewCustomer>): Promise<Customer | undefined> {
      return db.updateTable("customers").set(changes).where("id", "=", id).returning(COLUMNS).executeTakeFirst();
    },

    /** @returns whether there was one. A customer with orders stays: the database refuses with a foreign-key violation. */
    async remove(id: number): Promise<boolean> {
      const removed = await db.deleteFrom("customers").where("id", "=", id).returning("id").executeTakeFirst();
      return removed !== undefined;
    },
  };
}
