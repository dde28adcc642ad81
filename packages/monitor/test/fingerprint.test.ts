import { seededRandom, seedOfRun } from "@pool/testing";
import { describe, expect, test } from "vitest";
import { fingerprintOf } from "../src/index.js";
import { TextCache } from "../src/statements/text-cache.js";

const textOf = (statement: string): string => fingerprintOf(statement).text;

describe("the shape of a statement", () => {
  test.each([
    ["select * from t where id = 1", "select * from t where id = ?"],
    ["SELECT  *\n FROM t -- all of it\n WHERE id=$1;", "SELECT * FROM t WHERE id=?"],
    ["select /* /* nested */ 'a' */ 1", "select ?"],
    ["select /* a /* b */ secret */ 1", "select ?"],
    ["select /* a /* b */ it's secret */ a", "select ?"],
    ["select /* a /* b */ ' */ secret ' */ a", "select ?"],
    ["select /* a /* b */ secret -- */ secret\n*/ a", "select ?"],
    ["select /* a /* b */ secret */* secret */ a", "select ?"],
    ["select $é$my secret$é$ || $tag2$my secret$tag2$, b", "select ? || ?, b"],
    ["select 'it''s', \"it's\", `t`", 'select ?, "it\'s", `t`'],
    ["select e'\\'' , x'ff', B'01', N'n', U&'\\0061'", "select ?"],
    ["select E'a\\\\' || name", "select ? || name"],
    ["select $$a 'b' c$$ || $tag$ $$ $tag$ || $1 || $x", "select ? || ? || ? || ?"],
    ["select 1, 1.5e-10, .5, 0xff, 1_000, 12abc", "select ?"],
    ["select a::int, :name, @p, ?2, arr[1:2]", "select a::int, ?, arr[??]"],
    ["select a-1, a - -1, a$b, ä.ö", "select a-?, a - -?, a$b, ä.ö"],
    ["insert into t (a, b) values (1, 'x'), (2, 'y'), (3, 'z')", "insert into t (a, b) values (?)"],
    ["select * from t where a in (1, 2, 3) and b = any($1)", "select * from t where a in (?) and b = any(?)"],
    ["GET", "GET"],
    ["", ""],
    [";;", ""],
    ["select 'open", "select ?"],
    ['select "open', "select ?"],
    ["select 1 /* open", "select ?"],
    ["select $a$ open $b$", "select ?"],
  ])("of %j is %j", (statement, shape) => {
    expect(textOf(statement)).toBe(shape);
  });

  test("is the same whatever the literals, the space, the comments, the case and the length of lists", () => {
    const same = [
      "select name from product where id in (1) and stock > 5",
      "SELECT name FROM product WHERE id IN (4, 5,6) AND stock>'x'",
      "select name -- of it\nfrom product where id in ($1, $2) and stock > $3;",
      "select name from/**/product where id in (?) and stock > ?",
    ];
    expect(new Set(same.map((statement) => fingerprintOf(statement).id)).size).toBe(1);
    const others = [
      "select name from product where id in (1) and stock < 5",
      "select names from product where id in (1) and stock > 5",
      'select "Name" from product where id in (1) and stock > 5',
    ];
    expect(new Set([same[0] ?? "", ...others].map((statement) => fingerprintOf(statement).id)).size).toBe(4);
    expect(fingerprintOf("select 1").id).toMatch(/^[0-9a-f]{16}$/);
  });

  test("tells names in quotes apart by their case", () => {
    expect(fingerprintOf('select "a"').id).not.toBe(fingerprintOf('select "A"').id);
  });

  test("is shown in 500 characters, and read to 64 K", () => {
    const long = `select ${Array.from({ length: 20_000 }, (_, n) => `column_${n}`).join(", ")} from t`;
    expect(textOf(long)).toHaveLength(501);
    expect(textOf(long).endsWith("…")).toBe(true);
    expect(textOf(`select ${"9".repeat(1_000)}`)).toBe("select ?");
    expect(textOf(`select "${"secret".repeat(100)}"`)).toBe("select ?");
  });
});

// Pieces of hostile SQL. What must not survive is in upper case Q and digits that occur nowhere else.
const SECRET = "Q7319";
const pieces = [
  `'${SECRET}'`,
  `'${SECRET}''${SECRET}'`,
  `E'\\'${SECRET}'`,
  `$$${SECRET}$$`,
  `$tag$ ' ${SECRET} $$ $tag$`,
  `/* ${SECRET} */`,
  `/* /* */ ${SECRET} */`,
  `/* /* */ ' */ ${SECRET} ' */`,
  `/* /* */ ${SECRET} */* ${SECRET} */`,
  `$é1$ ' ${SECRET} $$ $é1$`,
  `-- ${SECRET}\n`,
  "73190000",
  "7319.5e10",
  `x'7319'`,
  `U&'${SECRET}'`,
  " select ",
  " from t where a = ",
  '"name"',
  "`name`",
  "(((((",
  ")))))",
  ", ",
  "::text",
  " $1 ",
  " ? ",
  " äöü漢字 ",
  " \u{1f600}\u0000\ufeff ",
  "\ud800",
  ";",
  "\r\n\t",
];
const openings = [
  `'${SECRET}`,
  `E'${SECRET}\\`,
  `$x$ ${SECRET}`,
  `/* ${SECRET}`,
  `-- ${SECRET}`,
  `"${SECRET} ${"n".repeat(200)}`,
];

test("never throws, and no literal survives, whatever the statement", () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T; // within bounds
  for (let round = 0; round < 3_000; round++) {
    // With space between them, since a prefix such as E belongs to the word before it where there is none.
    let statement = Array.from({ length: Math.floor(random() * 30) }, () => pick(pieces)).join(" ");
    if (random() < 0.3) statement += ` ${pick(openings)}`;
    const { text, id } = fingerprintOf(statement);
    expect(text, `seed ${seed}: ${JSON.stringify(statement)}`).not.toMatch(/Q|7319/);
    expect(id).toHaveLength(16);
    // What is shown has the shape of what it was made of, so that showing it again hides nothing more.
    if (!text.endsWith("…")) expect(fingerprintOf(text).text, `seed ${seed}: ${JSON.stringify(statement)}`).toBe(text);
  }
});

test("never throws on any characters at all", () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const alphabet = "'\"`$-/*\\;:@?()., \n\teExXuU&aZ019_äß\u0000";
  for (let round = 0; round < 3_000; round++) {
    const statement = Array.from(
      { length: Math.floor(random() * 60) },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join("");
    expect(() => fingerprintOf(statement), `seed ${seed}: ${JSON.stringify(statement)}`).not.toThrow();
  }
});

test("is linear: hostile text of the greatest length that is read takes milliseconds", { timeout: 120_000 }, () => {
  const evils = ["'", '"', "`", "$a$", "$", "$a", "$a$ $b$ ", "/*", "*/", "--", "-- \n", "(", "e'\\", "1", "a", "?,"];
  evils.push("(1),", ";", "ä", "''", "U&", ":", "::", "@", "'\\", "- ", "/ ", "1e+", ".", "(((?))),");
  const cpuMs = (statement: string): number => {
    const spans = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage();
      fingerprintOf(statement);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    });
    return Math.min(...spans);
  };
  const figures = evils.map((evil) => ({ evil, ms: cpuMs(evil.repeat(Math.floor(65_536 / evil.length))) }));
  // To look at each of 64 K characters from each of them would take seconds.
  for (const { evil, ms } of figures) expect(ms, JSON.stringify(evil)).toBeLessThan(1_000);
  const most = figures.reduce((one, other) => (other.ms > one.ms ? other : one));
  process.stdout.write(
    `fingerprint of 64 K hostile characters: at most ${most.ms.toFixed(1)} ms (${JSON.stringify(most.evil)})\n`,
  );
});

test("fingerprints are remembered by text, in bounded memory", () => {
  const cache = new TextCache();
  const first = cache.get("select 1");
  expect(cache.get("select 1")).toBe(first);
  for (let n = 0; n < 20_000; n++) cache.get(`select ${n} from some_table_with_a_name`);
  expect(cache.size).toBeLessThan(10_000);
  expect(cache.get("select 1").id).toBe(first.id);
  const size = cache.size;
  cache.get("x".repeat(300_000));
  expect(cache.size).toBe(size);
});
