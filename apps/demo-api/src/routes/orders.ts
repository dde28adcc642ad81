import { type FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { ordersDao } from "../dao/orders.js";
import { cancelOrder, placeOrder } from "../domain/orders.js";
import { notFound } from "../errors.js";
import { type Store } from "../store.js";
import { Id, IdParams, Order, OrderWithItems, PageOf, PageQuery, strict } from "./schemas.js";

const ListQuery = Type.Object(
  { ...PageQuery, customerId: Type.Optional(Id), status: Type.Optional(Order.properties.status) },
  strict,
);
const Item = Type.Object({ productId: Id, quantity: Type.Integer({ minimum: 1, maximum: 1_000 }) }, strict);
const NewOrder = Type.Object({ customerId: Id, items: Type.Array(Item, { minItems: 1, maxItems: 50 }) }, strict);

/** `/orders`: read one; read all, newest first; place one; cancel one. */
export function orderRoutes(store: Store): FastifyPluginAsyncTypebox {
  const orders = ordersDao(store.db);
  return async (app) => {
    app.get("/orders", { schema: { querystring: ListQuery, response: { 200: PageOf(Order) } } }, ({ query }) =>
      orders.list(query),
    );

    app.get("/orders/:id", { schema: { params: IdParams, response: { 200: OrderWithItems } } }, async ({ params }) => {
      const order = await orders.find(params.id);
      if (order === undefined) throw notFound("order", params.id);
      return { ...order, items: await orders.items(params.id) };
    });

    app.post("/orders", { schema: { body: NewOrder, response: { 201: OrderWithItems } } }, async ({ body }, reply) => {
      const order = await placeOrder(store, body);
      return reply.code(201).header("location", `/orders/${order.id}`).send(order);
    });

    app.post("/orders/:id/cancel", { schema: { params: IdParams, response: { 200: OrderWithItems } } }, ({ params }) =>
      cancelOrder(store, params.id),
    );
  };
}
