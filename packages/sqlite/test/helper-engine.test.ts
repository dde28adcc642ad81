import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Engine } from "../src/helper/engine.js";
import { type FromHelper, type Reply, type RunRequest } from "../src/helper/protocol.js";
import { temporaryFolder } from "./support.js";

const spec = { role: "writer", create: true, readonly: false, pragmas: [], bigint: false } as const;

function run(id: number, text: string): RunRequest {
  return { op: "run", id, text, values: undefined, session: false, stoppable: false };
}

test("counts to a statement the time in SQLite, and not what it takes to send the reply before it", () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 2)); // so long that each reply goes out before the next statement
  const replies: Reply[] = [];
  const send = (message: FromHelper): void => {
    if (message.type !== "replies") return;
    replies.push(...message.replies);
    now += 200;
  };
  const file = join(temporaryFolder(), "a.db");
  const engine = new Engine({ ...spec, file, busyTimeout: 1_000, statementCache: 10 }, send);
  engine.receive([run(1, "select 1 as one"), run(2, "select 2 as two")], 0);
  engine.close();
  expect(replies.map(({ id, ms }) => ({ id, ms }))).toEqual([
    { id: 1, ms: 2 },
    { id: 2, ms: 2 },
  ]);
});
