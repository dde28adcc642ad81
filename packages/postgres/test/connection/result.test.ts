import type pg from "pg";
import { expect, it } from "vitest";
import { ResultBuilder } from "../../src/connection/result.js";

const ROWS = 5_000;
const WASTE = "x".repeat(700);

/** A DataRow of three values, without its type and length. */
function row(values: readonly string[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const parts = values.map((value) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value.length);
    return Buffer.concat([length, Buffer.from(value)]);
  });
  return Buffer.concat([count, ...parts]);
}

const field = (name: string, dataTypeID: number): pg.FieldDef => {
  return { name, dataTypeID, tableID: 0, columnID: 0, dataTypeSize: -1, dataTypeModifier: -1, format: "text" };
};

it.each(["object", "array"] as const)(
  "of rows as %s, a text that is kept does not keep the others of its row",
  (mode) => {
    const parsers = { getTypeParser: (oid: number) => (oid === 25 ? (value: string) => value : () => 0) };
    const builder = new ResultBuilder(parsers, mode);
    builder.describe({ fields: [field("id", 25), field("waste", 17), field("name", 25)] });
    gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < ROWS; index += 1) {
      const bytes = row([String(index), WASTE, `item number ${index + 1_000_000}`]);
      builder.takeRow(bytes, 0, bytes.length);
    }
    gc?.();
    const perRow = (process.memoryUsage().heapUsed - before) / ROWS;
    const { rows } = builder.finish();
    expect(Object.values(rows[7] ?? {})).toEqual(["7", 0, "item number 1000007"]);
    expect(perRow, "bytes for each row").toBeLessThan(WASTE.length / 2);
  },
);
