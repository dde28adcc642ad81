import { seededRandom } from "@pool/testing";
import { expect, test } from "vitest";
import { openDatabase, withProducts } from "./support.js";

// Off this thread by its loop. The text may be longer than a record of the shared memory, and one in some has more rows than go there.
const READ = "select ? as n, ? as text, id from product where id <= ? order by id";

test.each([1, 2])(
  "gives every caller its own rows, of whatever size, while others are cancelled (seed %i)",
  async (seed) => {
    const { client } = await openDatabase({ readers: 1, acquireTimeout: 60_000 });
    await withProducts(client, 400);
    const random = seededRandom(seed);
    for (let warm = 0; warm < 20; warm++) await client.query(READ, [warm, "", 1]);
    const reads: Promise<unknown>[] = [];
    let answered = 0;
    for (let n = 0; n < 600; n++) {
      const text = "x✓".slice(0, 1 + (n % 2)).repeat(Math.floor(random() ** 8 * 20_000));
      const rows = random() < 0.05 ? 400 : Math.floor(random() * 4);
      const controller = random() < 0.2 ? new AbortController() : undefined;
      const options = controller && { signal: controller.signal };
      const read = client.query<{ n: number; text: string; id: number }>(READ, [n, text, rows], options).then(
        (result) => {
          expect(result.rows).toEqual(Array.from({ length: rows }, (_, at) => ({ n, text, id: at + 1 })));
          answered++;
        },
        // What was not aborted has no reason, and no error either.
        (error: unknown) => expect(error).toBe(controller?.signal.reason),
      );
      reads.push(read);
      if (controller !== undefined && random() < 0.7)
        setTimeout(() => controller.abort(new Error("enough")), random() * 5);
      if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, random() * 3));
    }
    await Promise.all(reads);
    expect(answered).toBeGreaterThan(400);
    expect(client.pools.threads.stats).toMatchObject({ idle: 1, leased: 0 });
  },
);

test("gives rows without any column, and the rows of those that were called with them", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 5);
  // The driver has no place for a column of this name.
  const nothing = 'select max(id) as "__proto__" from product';
  const three = 'select id as "__proto__" from product where stock > 2 order by name';
  const texts = [nothing, three, "select count(*) as n from product", "select sum(id) as m from product"];
  const rows = [[{}], [{}, {}, {}], [{ n: 5 }], [{ m: 15 }]];
  for (const [at, text] of texts.entries()) expect((await client.query(text)).rows).toStrictEqual(rows[at]);
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(texts.map((text) => client.query(text)));
    expect(results.map((result) => result.rows)).toStrictEqual(rows);
  }
});
