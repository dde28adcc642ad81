import { seededRandom } from "@pool/testing";
import { expect, test } from "vitest";
import { FlatReceiver, FlatSender } from "../src/helper/flat.js";
import { packRows, unpack } from "../src/helper/rows.js";
import { type Replies, ReplyReader, ReplyWriter } from "../src/helper/flat-replies.js";
import { readRequests, type Requests, writeRequests } from "../src/helper/flat-requests.js";
import { type Reply, type Request } from "../src/helper/protocol.js";
import { Ring } from "../src/helper/ring.js";

const EDGES: readonly unknown[] = [
  ...[0, -0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.1, NaN, Infinity, -Infinity, 5e-324],
  ...[
    0n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    null,
    "",
    "a",
    "\0",
    "ÿ",
    "Ā",
    "ünï ✓ 🚲",
    "\ud800",
    "x".repeat(24),
    "é".repeat(25),
  ],
  ...[Buffer.alloc(0), Buffer.from([0, 255]), new Uint8Array([1, 2, 3]), "✓".repeat(3_000), Buffer.alloc(5_000, 7)],
];

/** A list of replies with whatever SQLite can give, of any size from nothing to more than a record takes. */
function randomReplies(random: () => number, id: number): Replies {
  const pick = (most: number): number => Math.floor(random() * most);
  const names = ["id", "name", "naïve ✓", "4", ...Array.from({ length: 4 }, () => `c${pick(2_000)}`)];
  const row = (width: number): object =>
    Object.fromEntries(names.slice(0, width).map((name) => [name, EDGES[pick(EDGES.length)]]));
  const reply = (at: number): Reply => {
    const width = 1 + pick(names.length);
    return { id: id + at, ms: random(), rows: Array.from({ length: pick(3) }, () => row(width)) };
  };
  const flag = (): boolean => random() < 0.5;
  const replies = Array.from({ length: pick(9) }, (_, at) => reply(at));
  return { type: "replies", replies, inTransaction: flag(), dirty: flag(), schemaChanged: flag() };
}

function randomRequests(random: () => number, id: number): Requests {
  const pick = (most: number): number => Math.floor(random() * most);
  const value = (): unknown => EDGES[pick(EDGES.length)];
  const values = [
    undefined,
    [],
    Array.from({ length: pick(20) }, value),
    { a: value(), "@b ✓": value() },
    [Buffer.from([1])],
  ] as const;
  const request = (at: number): Request => ({
    op: "run",
    id: id + at,
    text: `select ${pick(900)} -- ${"é".repeat(pick(40))}`,
    values: values[pick(values.length)],
    session: false,
    stoppable: random() < 0.5,
  });
  return {
    type: "requests",
    requests: Array.from({ length: 1 + pick(9) }, (_, at) => request(at)),
    list: pick(2 ** 31),
  };
}

/** A plain Uint8Array arrives as the driver gives blobs: as a Buffer. */
function asSent(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asSent(inner)]));
}

/** Sends in bursts through a small ring, and takes out what went in; what did not fit is passed over, as it would be posted. */
function storm<M>(
  seed: number,
  sender: FlatSender<M>,
  receiver: FlatReceiver<M>,
  make: (random: () => number, n: number) => M,
) {
  const random = seededRandom(seed);
  const under: unknown[] = [];
  const seen = { went: 0, didNotFit: 0 };
  for (let round = 0; round < 3_000; round++) {
    const message = make(random, round * 10);
    if (sender.send(message)) under.push(asSent(message));
    else seen.didNotFit++;
    while (under.length > 0 && random() < 0.6) {
      expect(receiver.isEmpty).toBe(false);
      expect(receiver.receive()).toStrictEqual(under.shift());
      seen.went++;
    }
  }
  while (under.length > 0) expect(receiver.receive()).toStrictEqual(under.shift());
  expect(receiver.isEmpty).toBe(true);
  expect(receiver.receive()).toBeUndefined();
  return seen;
}

test.each([1, 2, 3])(
  "carries replies with every kind of value through a ring, in order, past its end and when it is full (seed %i)",
  (seed) => {
    const memory = Ring.memory(8_192);
    const sender = new FlatSender(new Ring(memory), new ReplyWriter().write);
    const receiver = new FlatReceiver(new Ring(memory), new ReplyReader().read);
    const { went, didNotFit } = storm(seed, sender, receiver, randomReplies);
    expect(went).toBeGreaterThan(1_000);
    expect(didNotFit).toBeGreaterThan(100);
  },
);

test.each([1, 2, 3])(
  "carries requests through a ring, in order, past its end and when it is full (seed %i)",
  (seed) => {
    const memory = Ring.memory(8_192);
    const sender = new FlatSender(new Ring(memory), writeRequests);
    const receiver = new FlatReceiver(new Ring(memory), readRequests);
    const { went, didNotFit } = storm(seed, sender, receiver, randomRequests);
    expect(went).toBeGreaterThan(1_000);
    expect(didNotFit).toBeGreaterThan(100);
  },
);

test("a ring takes any record of up to half its size when it is empty, wherever it begins, and none for which there is no room", () => {
  const memory = Ring.memory(64);
  const [writer, reader] = [new Ring(memory), new Ring(memory)];
  const record = (byte: number): Uint8Array => new Uint8Array(60).fill(byte);
  for (let round = 1; round < 200; round++) {
    // 4 bytes of length and up to 28 of content.
    const length = round % 29;
    expect(writer.push(record(round), length)).toBe(true);
    expect(writer.push(record(round), 60)).toBe(false);
    expect(reader.take()).toBe(true);
    expect([...reader.bytes.subarray(reader.at, reader.at + length)]).toEqual([...record(round).subarray(0, length)]);
    reader.done();
    expect(reader.take()).toBe(false);
  }
});

test.each([
  ["a bigint that SQLite cannot hold", [2n ** 63n]],
  ["a view that is no blob", [new Float64Array(1)]],
  ["a text that is larger than a record", ["x".repeat(20_000)]],
])("leaves %s to be posted, and goes on", (_, values) => {
  const memory = Ring.memory(65_536);
  const sender = new FlatSender(new Ring(memory), writeRequests);
  const receiver = new FlatReceiver(new Ring(memory), readRequests);
  const message = (given: readonly unknown[]): Requests => ({
    type: "requests",
    requests: [{ op: "run", id: 1, text: "select ?", values: given, session: false, stoppable: false }],
    list: 1,
  });
  expect(sender.send(message([1]))).toBe(true);
  expect(sender.send(message(values))).toBe(false);
  expect(sender.send(message([2]))).toBe(true);
  expect(receiver.receive()).toStrictEqual(message([1]));
  expect(receiver.receive()).toStrictEqual(message([2]));
  expect(receiver.isEmpty).toBe(true);
});

const withRows = (rows: readonly object[]): Replies => ({
  type: "replies",
  replies: [{ id: 1, ms: 0.5, rows }],
  inTransaction: false,
  dirty: false,
  schemaChanged: false,
});

test("carries rows of ever other columns in the order of their columns, also when all are forgotten meanwhile", () => {
  const memory = Ring.memory(65_536);
  const sender = new FlatSender(new Ring(memory), new ReplyWriter().write);
  const receiver = new FlatReceiver(new Ring(memory), new ReplyReader().read);
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 700; n++) {
      const row = { [`b${n}`]: n, a: null, 'a "name", and another': "x", 7: n / 2, "": `${n}`, toString: 1n };
      expect(sender.send(withRows([row, { ...row, a: 1 }]))).toBe(true);
      const { rows } = receiver.receive()!.replies[0] as { rows: readonly object[] };
      expect(rows).toStrictEqual([row, { ...row, a: 1 }]);
      expect(Object.keys(rows[1]!)).toEqual(Object.keys(row));
    }
  }
});

test("leaves rows whose columns have names beyond all measure to be posted", () => {
  const memory = Ring.memory(65_536);
  const sender = new FlatSender(new Ring(memory), new ReplyWriter().write);
  const wide = (length: number) => Object.fromEntries(Array.from({ length }, (_, at) => [`column number ${at}`, at]));
  expect(sender.send(withRows([wide(400)]))).toBe(true);
  expect(sender.send(withRows([wide(600)]))).toBe(false);
});

test("leaves rows without any column to be posted, however many, and goes on", () => {
  const memory = Ring.memory(65_536);
  const sender = new FlatSender(new Ring(memory), new ReplyWriter().write);
  const receiver = new FlatReceiver(new Ring(memory), new ReplyReader().read);
  for (const rows of [[{}], [{}, {}, {}]]) {
    const message = withRows(packRows(rows) as object[]);
    const more = { ...message, replies: [...message.replies, { id: 2, ms: 0.5, rows: [{ a: 1 }] }] };
    expect(sender.send(more)).toBe(false);
    expect(unpack(structuredClone(more))).toStrictEqual({
      ...more,
      replies: [{ id: 1, ms: 0.5, rows }, more.replies[1]],
    });
  }
  expect(sender.send(withRows([{ a: 1 }]))).toBe(true);
  expect(receiver.receive()).toStrictEqual(withRows([{ a: 1 }]));
});
