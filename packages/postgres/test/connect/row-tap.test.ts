import { describe, expect, it } from "vitest";
import { RowTap } from "../../src/connect/row-tap.js";
import { decodeRow } from "../../src/connection/row-bytes.js";
import { randomFrom, seedOf } from "../connection/support.js";

/** A message of the server. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function row(values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const parts = values.map((value) => {
    const bytes = Buffer.from(value ?? "");
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return message("D", Buffer.concat([count, ...parts]));
}

const VALUES: readonly (string | null)[] = [
  null,
  "",
  "0",
  "item number 42",
  "ü",
  "日本語 and more of it",
  "𝄞",
  "\u007f",
  "x".repeat(5_000),
];

/** Says what happened, in the order of happening: `T` turns rows on, `t` off, as RowDescription and ReadyForQuery would. */
class Listener {
  readonly told: unknown[] = [];
  #takes = false;
  #passed: Buffer = Buffer.alloc(0);
  readonly tap: RowTap = new RowTap(
    (chunk) => this.#pass(chunk),
    () => (this.#takes ? this : undefined),
  );

  takeRow(bytes: Buffer, start: number, end: number): void {
    this.told.push([...decodeRow(bytes, start, end, [])]);
  }

  /** As pg's parser does: acts on whole messages, keeps the rest. */
  #pass(chunk: Buffer): void {
    this.#passed = Buffer.concat([this.#passed, chunk]);
    while (this.#passed.length >= 5) {
      const end = 1 + this.#passed.readUInt32BE(1);
      if (end > this.#passed.length) return;
      const type = String.fromCharCode(this.#passed[0]!);
      if (type === "T" || type === "t") this.#takes = type === "T";
      this.told.push(`${type} ${end}`);
      this.#passed = this.#passed.subarray(end);
    }
  }
}

describe("rows out of what the server sends", () => {
  it("are the same however the bytes are cut, and all else passes in its order", () => {
    const seed = seedOf("row tap");
    const random = randomFrom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    for (let trial = 0; trial < 300; trial += 1) {
      const expected: unknown[] = [];
      const sent: Buffer[] = [];
      let takes = false;
      for (let count = Math.floor(random() * 40); count > 0; count -= 1) {
        const type = pick(["D", "D", "D", "D", "T", "t", "C"]);
        const values = Array.from({ length: Math.floor(random() * 4) }, () => pick(VALUES));
        const bytes = type === "D" ? row(values) : message(type, Buffer.alloc(pick([0, 1, 300]), "D"));
        if (type === "T" || type === "t") takes = type === "T";
        expected.push(type === "D" && takes ? values : `${type} ${bytes.length}`);
        sent.push(bytes);
      }
      const all = Buffer.concat(sent);
      const listener = new Listener();
      const most = pick([1, 3, 7, 100, 10_000]);
      for (let at = 0; at < all.length;) {
        const size = 1 + Math.floor(random() * most);
        listener.tap.take(all.subarray(at, at + size));
        at += size;
      }
      expect(listener.told, `seed ${seed}, trial ${trial}`).toEqual(expected);
    }
  });

  it("that do not fit their message are refused", () => {
    const whole = row(["one", "two"]);
    expect(() => decodeRow(whole, 5, whole.length - 1, [])).toThrow("longer than its message");
  });
});
