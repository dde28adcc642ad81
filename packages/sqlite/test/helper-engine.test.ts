import { join } from "node:path";
import { expect, test } from "vitest";
import { Engine } from "../src/helper/engine.js";
import { type FromHelper, type Reply, type RunRequest } from "../src/helper/protocol.js";
import { temporaryFolder } from "./support.js";

const spec = { role: "writer", create: true, readonly: false, pragmas: [], bigint: false } as const;

function run(id: number, text: string): RunRequest {
  return { op: "run", id, text, values: undefined, session: false, stoppable: false };
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("counts to a statement the time in SQLite, and not what it takes to send the reply before it", () => {
  const replies: Reply[] = [];
  const send = (message: FromHelper): void => {
    if (message.type !== "replies") return;
    replies.push(...message.replies);
    block(200);
  };
  const file = join(temporaryFolder(), "a.db");
  const engine = new Engine({ ...spec, file, busyTimeout: 1_000, statementCache: 10 }, send);
  const long =
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select count(*) as n from n";
  engine.receive([run(1, long), run(2, "select 1 as one")], 0);
  engine.close();
  expect(replies.map(({ id }) => id)).toEqual([1, 2]);
  expect(replies[0]!.ms).toBeGreaterThan(1); // so that it goes out before the second
  expect(replies[1]!.ms).toBeLessThan(150);
});
