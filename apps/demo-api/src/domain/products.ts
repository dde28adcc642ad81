import { type NewProduct, type Product, productsDao } from "../dao/products.js";
import { ApiError } from "../errors.js";
import { type Store } from "../store.js";

// Values per statement are limited (SQLite 32 766, PostgreSQL 65 535); a product takes five.
const ROWS_PER_STATEMENT = 500;

/** Keeps one product with its stock. @throws the database's unique violation when its SKU is taken */
export async function addProduct(store: Store, product: NewProduct): Promise<Product> {
  return await store.transaction(
    async (db) => {
      const products = productsDao(db);
      const [id = 0] = await products.insert([product]);
      const added = await products.find(id);
      if (added === undefined) throw new Error(`product ${id} is gone right after its insert`);
      return added;
    },
    { label: "add product" },
  );
}

/**
 * Imports products in one transaction: all of them or none.
 * @throws ApiError `DUPLICATE_SKU` for one that is in the list twice, `SKU_TAKEN` for one that is there already
 */
export async function importProducts(
  store: Store,
  list: readonly NewProduct[],
): Promise<{ imported: number; ids: number[] }> {
  const seen = new Set<string>();
  for (const { sku } of list) {
    if (seen.has(sku)) throw new ApiError(400, "DUPLICATE_SKU", `SKU ${JSON.stringify(sku)} is in the list twice`);
    seen.add(sku);
  }
  const ids = await store.transaction(
    async (db) => {
      const products = productsDao(db);
      const inserted: number[] = [];
      for (let start = 0; start < list.length; start += ROWS_PER_STATEMENT) {
        const part = list.slice(start, start + ROWS_PER_STATEMENT);
        const [taken] = await products.takenSkus(part.map((product) => product.sku));
        if (taken !== undefined)
          throw new ApiError(409, "SKU_TAKEN", `there is a product with SKU ${JSON.stringify(taken)} already`);
        inserted.push(...(await products.insert(part)));
      }
      return inserted;
    },
    { label: "import products" },
  );
  return { imported: ids.length, ids };
}
