import { expect, test } from "vitest";
import { BookKeeper } from "../src/book-keeper.js";
import { PoolBooks } from "../src/pools/pool-books.js";
import { StatementTable } from "../src/statements/statement-table.js";
import { TextCache } from "../src/statements/text-cache.js";

test("counts runs of one text in one row, by pool, and none in a row that has left the table", () => {
  const table = new StatementTable(2);
  const texts = new TextCache();
  const books = new PoolBooks({ points: 1, stepMs: 1_000, now: () => 0 });
  const keeper = new BookKeeper({ books, table, texts }, 0);
  const counts = (): [string, string, number][] =>
    table.snapshot().rows.map(({ pool, text, count }): [string, string, number] => [pool, text, count]);
  keeper.sent("main", "select 1", undefined, 1, 1);
  keeper.sent("main", "select 1", undefined, 1, 1);
  keeper.sent("other", "select 1", undefined, 5, 1);
  expect(counts().sort()).toEqual([
    ["main", "select ?", 2],
    ["other", "select ?", 1],
  ]);
  keeper.sent("main", "select 1", undefined, 0.5, 1);
  // Somebody else's statement takes its place.
  table.row("main", texts.get("select name from product"));
  keeper.sent("main", "select 1", undefined, 1, 1);
  const { rows, others } = table.snapshot();
  expect(rows.reduce((sum, { count }) => sum + count, others.count)).toBe(5);
});
