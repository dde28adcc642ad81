import { seededRandom } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { AnswerTap } from "../../src/connect/answer-tap.js";
import { decodeRow } from "../../src/connection/row-bytes.js";
import { seedOf } from "../connection/support.js";

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

const ON = "A";
const OFF = "N";
const KNOWN = 1;

/** Says what happened, in the order of happening. Answers are taken from `A` to `N`, and up to a ReadyForQuery that says `E`. */
class Listener {
  readonly told: unknown[] = [];
  #takes = false;
  #passed: Buffer = Buffer.alloc(0);
  readonly tap: AnswerTap = new AnswerTap({
    pass: (chunk) => this.#pass(chunk),
    active: () => (this.#takes ? this : {}),
    ready: (status) => {
      this.told.push(`ready ${String.fromCharCode(status)}`);
      if (status === 0x45) this.#takes = false;
    },
  });

  takeDescription(bytes: Buffer, start: number, end: number): boolean {
    if (bytes[start] === KNOWN) this.told.push(`shape of ${end - start}`);
    return bytes[start] === KNOWN;
  }

  takeRow(bytes: Buffer, start: number, end: number): void {
    this.told.push([...decodeRow(bytes, start, end, [], [])]);
  }

  takeCompletion(bytes: Buffer, start: number, end: number): void {
    this.told.push(bytes.toString("latin1", start, end));
  }

  /** As pg's parser does: acts on whole messages, keeps the rest. */
  #pass(chunk: Buffer): void {
    this.#passed = this.#passed.length === 0 ? chunk : Buffer.concat([this.#passed, chunk]);
    while (this.#passed.length >= 5) {
      const end = 1 + this.#passed.readUInt32BE(1);
      if (end > this.#passed.length) return;
      const type = String.fromCharCode(this.#passed[0]!);
      if (type === ON || type === OFF) this.#takes = type === ON;
      this.told.push(`${type} ${this.#passed.toString("latin1", 5, end)}`);
      this.#passed = this.#passed.subarray(end);
    }
  }
}

interface Sent {
  readonly type: string;
  readonly body: Buffer;
  /** Of a row. */
  readonly values: readonly (string | null)[];
}

/** What becomes of it. */
function expectedOf({ type, body, values }: Sent, takes: boolean): unknown {
  const passed = `${type} ${body.toString("latin1")}`;
  if (!takes) return passed;
  if (type === "D") return values;
  if (type === "C") return body.toString("latin1");
  if (type === "T") return body[0] === KNOWN ? `shape of ${body.length}` : passed;
  if (type === "Z") return `ready ${body.toString("latin1")}`;
  return "12n".includes(type) ? undefined : passed;
}

describe("answers out of what the server sends", () => {
  it.each(["", " and the memory is filled anew"])(
    "are the same however the bytes are cut%s, and all else passes in its order",
    (lent) => {
      const seed = seedOf("answer tap");
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
      const send = (): Sent => {
        const type = pick(["D", "D", "D", "D", "T", "C", "1", "2", "n", "Z", "S", ON, ON, OFF]);
        const values = Array.from({ length: Math.floor(random() * 4) }, () => pick(VALUES));
        if (type === "D") return { type, values, body: row(values).subarray(5) };
        if (type === "Z") return { type, values, body: Buffer.from(pick(["I", "T", "E"])) };
        return { type, values, body: Buffer.alloc(pick([1, 300]), pick([KNOWN, 0x44])) };
      };
      for (let trial = 0; trial < 300; trial += 1) {
        const expected: unknown[] = [];
        const sent: Buffer[] = [];
        let takes = false;
        for (let count = Math.floor(random() * 40); count > 0; count -= 1) {
          const one = send();
          const told = expectedOf(one, takes);
          if (told !== undefined) expected.push(told);
          if (one.type === ON || one.type === OFF) takes = one.type === ON;
          if (one.type === "Z" && one.body.toString() === "E") takes = false;
          sent.push(message(one.type, one.body));
        }
        const all = Buffer.concat(sent);
        const listener = new Listener();
        const memory = Buffer.alloc(10_000);
        const most = pick([1, 3, 7, 100, 10_000]);
        for (let at = 0; at < all.length;) {
          const size = 1 + Math.floor(random() * most);
          const chunk = all.subarray(at, at + size);
          if (lent === "") listener.tap.take(chunk);
          else {
            chunk.copy(memory);
            listener.tap.takeLent(memory, chunk.length);
            memory.fill(0xff);
          }
          at += size;
        }
        expect(listener.told, `seed ${seed}, trial ${trial}`).toEqual(expected);
      }
    },
  );

  it("are read where they are, but for a message that two reads share", () => {
    const memory = Buffer.alloc(1_000);
    const places: string[] = [];
    const sink = {
      takeDescription: () => true,
      takeRow: (bytes: Buffer, start: number, end: number) =>
        places.push(bytes === memory ? "in place" : `of ${bytes.length}: ${bytes.toString("latin1", start + 6, end)}`),
      takeCompletion: () => undefined,
    };
    const tap = new AnswerTap({ pass: () => undefined, active: () => sink, ready: () => undefined });
    const rows = Buffer.concat([row(["one"]), row(["two"]), row(["three"]), row(["four"])]);
    const cuts = [[0, 8], [8, 17], [17, 50], [50, rows.length]] as const; // prettier-ignore
    for (const [from, to] of cuts) {
      rows.copy(memory, 0, from, to);
      tap.takeLent(memory, to - from);
    }
    expect(places).toEqual(["of 14: one", "of 14: two", "in place", "of 15: four"]);
  });

  it("whose rows do not fit their message are refused", () => {
    const whole = row(["one", "two"]);
    expect(() => decodeRow(whole, 5, whole.length - 1, [], [])).toThrow("longer than its message");
  });
});
