import { type TSchema, Type } from "typebox";

const MAX_INT = 2_147_483_647;

/** Shapes that several routes share. Unknown fields of a body are refused, not dropped: a misspelt name must not pass in silence. */
export const strict = { additionalProperties: false } as const;

export const Id = Type.Integer({ minimum: 1, maximum: MAX_INT });
export const IdParams = Type.Object({ id: Id }, strict);
export const Count = Type.Integer({ minimum: 0, maximum: 1_000_000 });
export const Cents = Type.Integer({ minimum: 0, maximum: 100_000_000 });
export const Line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f]*$" });

export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  after: Type.Optional(Type.String({ maxLength: 200, description: "the `next` of the page before" })),
};

export const PageOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) });

export const Customer = Type.Object({
  id: Id,
  name: Type.String(),
  email: Type.String(),
  city: Type.String(),
  country: Type.String(),
  createdAt: Type.String(),
});

export const CustomerFields = {
  name: Line(200),
  email: Type.String({ format: "email", maxLength: 254 }),
  city: Line(100),
  country: Type.String({ pattern: "^[A-Z]{2}$", description: "ISO 3166 code of two letters" }),
};

export const Product = Type.Object({
  id: Id,
  sku: Type.String(),
  name: Type.String(),
  category: Type.String(),
  priceCents: Cents,
  available: Type.Integer(),
  createdAt: Type.String(),
});

export const Sku = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$" });

export const NewProduct = Type.Object(
  { sku: Sku, name: Line(200), category: Line(100), priceCents: Cents, stock: Count },
  strict,
);

export const Order = Type.Object({
  id: Id,
  customerId: Id,
  status: Type.Enum(["placed", "cancelled"]),
  totalCents: Type.Integer(),
  createdAt: Type.String(),
  cancelledAt: Type.Union([Type.String(), Type.Null()]),
});

export const OrderWithItems = Type.Object({
  ...Order.properties,
  items: Type.Array(Type.Object({ productId: Id, quantity: Type.Integer(), priceCents: Cents })),
});
