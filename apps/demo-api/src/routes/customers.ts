import { type FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { customersDao } from "../dao/customers.js";
import { notFound } from "../errors.js";
import { type Store } from "../store.js";
import { Customer, CustomerFields, IdParams, PageOf, PageQuery, strict } from "./schemas.js";

const ListQuery = Type.Object({ ...PageQuery, email: Type.Optional(CustomerFields.email) }, strict);
const NewCustomer = Type.Object(CustomerFields, strict);
const Changes = Type.Partial(NewCustomer, { ...strict, minProperties: 1 });

/** `/customers`: read, add, change and remove one; read all page by page. */
export function customerRoutes(store: Store): FastifyPluginAsyncTypebox {
  const customers = customersDao(store.db);
  return async (app) => {
    app.get("/customers", { schema: { querystring: ListQuery, response: { 200: PageOf(Customer) } } }, ({ query }) =>
      customers.list(query),
    );

    app.get("/customers/:id", { schema: { params: IdParams, response: { 200: Customer } } }, async ({ params }) => {
      const customer = await customers.find(params.id);
      if (customer === undefined) throw notFound("customer", params.id);
      return customer;
    });

    app.post("/customers", { schema: { body: NewCustomer, response: { 201: Customer } } }, async ({ body }, reply) => {
      const customer = await customers.insert(body);
      return reply.code(201).header("location", `/customers/${customer.id}`).send(customer);
    });

    app.patch(
      "/customers/:id",
      { schema: { params: IdParams, body: Changes, response: { 200: Customer } } },
      async ({ params, body }) => {
        const customer = await customers.update(params.id, body);
        if (customer === undefined) throw notFound("customer", params.id);
        return customer;
      },
    );

    app.delete("/customers/:id", { schema: { params: IdParams } }, async ({ params }, reply) => {
      if (!(await customers.remove(params.id))) throw notFound("customer", params.id);
      return reply.code(204).send();
    });
  };
}
