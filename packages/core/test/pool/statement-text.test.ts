import { describe, expect, it } from "vitest";
import { maskStatement } from "../../src/pool/statement-text.js";

describe("maskStatement", () => {
  it.each([
    ["SELECT 1", "SELECT ?"],
    ["SELECT * FROM users WHERE email = 'a@b.c'", "SELECT * FROM users WHERE email = ?"],
    ["SELECT 'it''s', 'two'", "SELECT ?, ?"],
    ["SELECT E'it\\'s', e'\\\\'", "SELECT ?, ?"],
    ["SELECT U&'d\\0061t', N'x', B'01', x'ff', X'FF'", "SELECT ?, ?, ?, ?, ?"],
    ["SELECT 12.5, .5, 1e6, 1e-5, 0x1F, 1_000", "SELECT ?, ?, ?, ?, ?, ?"],
    ["SELECT -5", "SELECT -?"],
    ["SELECT $$it's secret$$, $tag$a $$ b$tag$", "SELECT ?, ?"],
    ["SELECT $1, $23, ?1, :name, @var", "SELECT $1, $23, ?1, :name, @var"],
    ["SELECT a::int, b::text[] FROM t", "SELECT a::int, b::text[] FROM t"],
    ["SELECT '5'::int", "SELECT ?::int"],
    ['SELECT "O\'Brien" FROM "my ""table"""', 'SELECT "O\'Brien" FROM "my ""table"""'],
    ["SELECT `it's` FROM `t2`", "SELECT `it's` FROM `t2`"],
    ["SELECT t1.c2, col_3 FROM schema1.t1", "SELECT t1.c2, col_3 FROM schema1.t1"],
    ["SELECT 1 -- password is 'x'\nFROM t", "SELECT ? FROM t"],
    ["SELECT /* 'secret' 5 */ a", "SELECT a"],
    ["SELECT a /* never closed 'secret'", "SELECT a"],
    ["SELECT $é$my secret$é$, $tag2$my secret$tag2$, $ключ_1$ secret $1 $ключ_1$", "SELECT ?, ?, ?"],
    ["SELECT naïve5, é$b$, 'secret', :größe, 7größe FROM ключ", "SELECT naïve5, é$b$, ?, :größe, ? FROM ключ"],
    ["/* a /* b */ secret */ SELECT 1", "SELECT ?"],
    ["SELECT /* a /* b */ se-cret /*/ secret */ secret */ 1", "SELECT ?"],
    ["SELECT /* a /* b */ it's secret */ a", "SELECT ?"],
    ["SELECT /* a /* b */ ' */ secret ' */ a", "SELECT ?"],
    ["SELECT /* a /* b */ secret -- */ secret\n*/ a", "SELECT ?"],
    ["SELECT /* a /* b */ secret */* secret */ a", "SELECT ?"],
    ["SELECT /* a /* never closed */ secret", "SELECT ?"],
    ["SELECT /*/ secret */ a /**/ b /***/ c", "SELECT a b c"],
    ["SELECT 'never closed secret", "SELECT ?"],
    ["SELECT E'never closed \\", "SELECT ?"],
    ["SELECT $q$never closed", "SELECT ?"],
    ["  SELECT\n\t a ,\r\n b  ", "SELECT a , b"],
    ["GET", "GET"],
    ["HSET", "HSET"],
    ["", ""],
    ["IN (1, 2, 3)", "IN (?, ?, ?)"],
    ["a='x'AND b='y'", "a=?AND b=?"],
    ["LIMIT 10 OFFSET 20", "LIMIT ? OFFSET ?"],
    ["SELECT 'ü', 'ж' , \"ключ\"", 'SELECT ?, ? , "ключ"'],
  ])("makes of %j %j", (text, masked) => {
    expect(maskStatement(text)).toBe(masked);
  });

  it("cuts what is long, after masking", () => {
    const masked = maskStatement(`SELECT ${"col, ".repeat(1_000)}'secret'`);
    expect(masked.length).toBe(501);
    expect(masked.endsWith("…")).toBe(true);
    expect(maskStatement(`SELECT '${"x".repeat(10_000)}', a`)).toBe("SELECT ?, a");
  });

  it("cuts behind what is shown, with each run of white space as one space", () => {
    const spread = `SELECT ${" \n ".repeat(600)}a, ${"\t\tb ,".repeat(60)} 'secret'`;
    expect(maskStatement(spread)).toBe(`SELECT a, ${" b ,".repeat(60).trim()} ?`);
  });

  it("reads no more of a long text than it shows", () => {
    const text = `INSERT INTO t VALUES ${"('abc', 1), ".repeat(5_000)}`;
    const start = performance.now();
    for (let i = 0; i < 1_000; i++) maskStatement(text);
    expect(performance.now() - start).toBeLessThan(1_000); // takes 50 ms; all of it read it would be 1.5 s and more
  });

  it("lets no literal through that begins within what is read", () => {
    const text = `SELECT ${"a, ".repeat(21_842)}'secret secret secret'`;
    expect(maskStatement(text)).not.toContain("secret");
  });

  it.each([
    "'",
    "''",
    "$",
    "$a",
    "$$",
    "$a$",
    "/*",
    "--",
    "-- \n",
    "e'",
    "e'\\",
    '"',
    "`",
    "1e",
    "1e+",
    ".1",
    "u&'",
    "_",
    "'a' ",
    "(",
    "/* */",
    "/* /* */",
    "/* /* */ */",
    "$é",
    "é",
  ])("is done with 64 K of %j in time", (piece) => {
    const text = piece.repeat(Math.ceil(65_536 / piece.length));
    const start = performance.now();
    maskStatement(text);
    expect(performance.now() - start).toBeLessThan(1_000); // takes about 10 ms; quadratic it would be many seconds
  });

  it("is done with a megabyte in time", () => {
    const start = performance.now();
    maskStatement("SELECT 'a', 1; ".repeat(70_000));
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
