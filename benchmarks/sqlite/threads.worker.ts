import { parentPort, workerData } from "node:worker_threads";
import { INSERT, open, POINT, READ, SLOW } from "./statements.ts";

/** What a peer's worker is asked: one statement, or the rows of a batch. */
export type Asked =
  | { readonly id: number; readonly kind: "point" | "read" | "slow"; readonly value: number }
  | { readonly id: number; readonly kind: "insert"; readonly rows: readonly (readonly [number, string])[] };

export interface Answer {
  readonly id: number;
  readonly row?: unknown;
  readonly error?: string;
}

const database = open(workerData as string);
const reads = { point: database.prepare(POINT), read: database.prepare(READ), slow: database.prepare(SLOW) };
const insert = database.prepare(INSERT);
const insertAll = database.transaction((rows: readonly (readonly [number, string])[]) => {
  for (const [item, note] of rows) insert.run(item, note);
});

function answer(asked: Asked): Answer {
  if (asked.kind !== "insert") return { id: asked.id, row: reads[asked.kind].get(asked.value) };
  const [only] = asked.rows;
  if (only && asked.rows.length === 1) insert.run(only[0], only[1]);
  else insertAll(asked.rows);
  return { id: asked.id };
}

parentPort?.on("message", (asked: Asked | "close") => {
  if (asked === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    parentPort?.postMessage(answer(asked));
  } catch (error) {
    parentPort?.postMessage({ id: asked.id, error: String(error) } satisfies Answer);
  }
});
