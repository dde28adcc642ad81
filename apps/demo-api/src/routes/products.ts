import { type FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { productsDao } from "../dao/products.js";
import { stockDao } from "../dao/stock.js";
import { addProduct, importProducts } from "../domain/products.js";
import { notFound } from "../errors.js";
import { type Store } from "../store.js";
import { Cents, Count, Id, IdParams, Line, NewProduct, PageOf, PageQuery, Product, strict } from "./schemas.js";

const ListQuery = Type.Object(
  {
    ...PageQuery,
    category: Type.Optional(Line(100)),
    sort: Type.Enum(["id", "price"], { default: "id" }),
  },
  strict,
);
const Changes = Type.Partial(Type.Object({ name: Line(200), category: Line(100), priceCents: Cents }), {
  ...strict,
  minProperties: 1,
});
const Delivery = Type.Object({ received: Type.Integer({ ...Count, minimum: 1 }) }, strict);
const Import = Type.Object({ products: Type.Array(NewProduct, { minItems: 1, maxItems: 1_000 }) }, strict);
const Imported = Type.Object({ imported: Type.Integer(), ids: Type.Array(Id) });

/** `/products`: read, add, change and remove one; read all page by page; take a delivery; import many at once. */
export function productRoutes(store: Store): FastifyPluginAsyncTypebox {
  const products = productsDao(store.db);
  const existing = async (id: number) => {
    const product = await products.find(id);
    if (product === undefined) throw notFound("product", id);
    return product;
  };
  return async (app) => {
    app.get("/products", { schema: { querystring: ListQuery, response: { 200: PageOf(Product) } } }, ({ query }) =>
      products.list(query),
    );

    app.get("/products/:id", { schema: { params: IdParams, response: { 200: Product } } }, ({ params }) =>
      existing(params.id),
    );

    app.post("/products", { schema: { body: NewProduct, response: { 201: Product } } }, async ({ body }, reply) => {
      const product = await addProduct(store, body);
      return reply.code(201).header("location", `/products/${product.id}`).send(product);
    });

    app.patch(
      "/products/:id",
      { schema: { params: IdParams, body: Changes, response: { 200: Product } } },
      async ({ params, body }) => {
        if (!(await products.update(params.id, body))) throw notFound("product", params.id);
        return await existing(params.id);
      },
    );

    app.delete("/products/:id", { schema: { params: IdParams } }, async ({ params }, reply) => {
      if (!(await products.remove(params.id))) throw notFound("product", params.id);
      return reply.code(204).send();
    });

    app.post(
      "/products/:id/stock",
      { schema: { params: IdParams, body: Delivery, response: { 200: Product } } },
      async ({ params, body }) => {
        if (!(await stockDao(store.db).receive(params.id, body.received))) throw notFound("product", params.id);
        return await existing(params.id);
      },
    );

    app.post("/products/import", { schema: { body: Import, response: { 201: Imported } } }, async ({ body }, reply) =>
      reply.code(201).send(await importProducts(store, body.products)),
    );
  };
}
