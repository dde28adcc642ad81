import { expect, test } from "vitest";
import { Link } from "../src/channel/link.js";
import { type Port } from "../src/channel/port.js";
import { END_OF_IDS, Waiting } from "../src/channel/waiting.js";
import { SqliteHandle } from "../src/handle/handle.js";
import { ReplyReader, ReplyWriter } from "../src/helper/flat-replies.js";
import { readRequests, writeRequests } from "../src/helper/flat-requests.js";
import { FlatReceiver, FlatSender } from "../src/helper/flat.js";
import { type ToHelper } from "../src/helper/protocol.js";
import { Ring } from "../src/helper/ring.js";
import { Job } from "../src/lane/job.js";
import { List } from "../src/lane/list.js";
import { Plan } from "../src/read/plan.js";
import { failureOf } from "./support.js";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

function makeJob(text = "select 1", values?: readonly unknown[]): Job {
  const rest = { label: undefined, timeout: 30_000, ownTimeout: false, signal: undefined, batch: undefined };
  return new Job({ plan: new Plan(text, "read"), values, ...rest }, 0, () => undefined);
}

test("leaves no timer behind when a busy thread has begun nothing and all is taken back", async () => {
  // A thread that does not get to its list cannot be had on demand, so this one only says what such a thread says.
  const control = { start: () => 1, takeBack: () => 0 };
  const link = { askMany: () => 1, forgetFrom: () => {} };
  const handle = { control, link } as unknown as SqliteHandle;
  const job = makeJob();
  const before = timers();

  const back: Job[] = [];
  await new List(handle, [job], { writes: false, timeout: 30_000, onSlow: (jobs) => back.push(...jobs) }).run();
  expect(back).toEqual([job]);
  expect(timers()).toBeLessThanOrEqual(before);
});

test("begins the numbers of requests anew in time, and skips those that are waited for", () => {
  const waiting = new Waiting(END_OF_IDS - 5);
  const settled: number[] = [];
  const pending = (id: number) => ({ settle: () => void settled.push(id), lost: () => undefined });
  const ids = [waiting.number(3), waiting.number(3)];
  expect(ids).toEqual([END_OF_IDS - 5, 1]);
  waiting.add(5, pending(5));
  waiting.addList({ answered: () => undefined, heard: () => undefined, lost: () => undefined }, 7, 2);
  expect([waiting.number(1), waiting.number(1), waiting.number(1)]).toEqual([4, 6, 9]);
  expect(new Int32Array([END_OF_IDS])[0]).toBe(END_OF_IDS);

  const late = new Waiting(2 ** 31 - 1);
  late.number(1);
  const id = late.number(1);
  late.add(id, pending(id));
  const ring = new Ring(Ring.memory(1024));
  new FlatSender(ring, new ReplyWriter().write).send({
    type: "replies",
    replies: [{ id, ms: 1, rows: [] }],
    inTransaction: false,
    dirty: false,
    schemaChanged: false,
  });
  late.answer(new FlatReceiver(ring, new ReplyReader().read).receive()!.replies);
  expect(settled).toEqual([id]);
});

/** A link whose wire refuses what contains a certain text, as it does what cannot be cloned. */
function fussyLink(): { readonly link: Link; readonly posted: ToHelper[]; readonly refs: boolean[] } {
  const posted: ToHelper[] = [];
  const refs: boolean[] = [];
  const port: Port = {
    post(message) {
      if (JSON.stringify(message).includes("unsendable")) throw new TypeError("could not be cloned");
      posted.push(message);
    },
    ref: (on) => void refs.push(on),
    kill: () => true,
  };
  return { link: new Link({ name: "test", file: "/test.db" }, port), posted, refs };
}

test("rejects the statements of a list that cannot be sent, and leaves connection and clock as they were", async () => {
  const { link, posted, refs } = fussyLink();
  const handle = new SqliteHandle("writer", link, Promise.resolve());
  const before = timers();
  const jobs = [makeJob("insert"), makeJob("unsendable")];
  const list = new List(handle, jobs, { writes: true, timeout: 30_000, onSlow: () => {} });
  const outcomes = list.outcomes();
  await list.run();
  const told = { code: "INVALID_ARGUMENT", message: expect.stringContaining("could not be cloned") as string };
  for (const { done } of jobs) expect(await failureOf(done)).toMatchObject(told);
  for (const outcome of outcomes) expect(await failureOf(outcome)).toMatchObject(told);
  expect(list.fatal).toBeUndefined();
  expect(link.busy).toBe(false);
  expect(refs.at(-1)).toBe(false);
  expect(timers()).toBeLessThanOrEqual(before);

  expect(
    await failureOf(
      link.ask((id) => ({ op: "run", id, text: "unsendable", values: [], session: true, stoppable: false })).done,
    ),
  ).toMatchObject(told);
  expect(link.busy).toBe(false);
  expect(refs.at(-1)).toBe(false);
  expect(posted).toEqual([]);
});

test("says the words of a message anew that was not sent", () => {
  const ring = new Ring(Ring.memory(1024));
  const sender = new FlatSender(ring, writeRequests);
  const receiver = new FlatReceiver(ring, readRequests);
  const message = (text: string, values: readonly unknown[]) => ({
    type: "requests" as const,
    requests: [{ op: "run" as const, id: 1, text, values, session: false, stoppable: false }],
    list: 1,
  });
  const blob = new Uint8Array(4);
  structuredClone(blob, { transfer: [blob.buffer] });
  expect(() => sender.send(message("select ?", [blob]))).toThrow(TypeError);
  expect(sender.send(message("select ?", [2]))).toBe(true);
  expect(receiver.receive()).toEqual(message("select ?", [2]));
});
