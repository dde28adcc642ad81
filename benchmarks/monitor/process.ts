import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Contestant } from "../lib/rounds.ts";
import type { MonitorLoad, Watching } from "./loads.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What one operation took of CPU time, in µs. */
export interface Costs {
  readonly us: number;
  /** The same without a monitor, of who is watched in turns. */
  readonly unwatched: number | undefined;
}

/** A contestant in a process of its own, measured by messages. */
export interface Measured extends Contestant<Costs>, AsyncDisposable {}

export async function startContestant(load: MonitorLoad, watching: Watching, url: string): Promise<Measured> {
  const child = fork(here("contestant.ts"), [load.name, JSON.stringify(watching), url], {
    execArgv: ["--expose-gc", "--conditions=@pool/source", `--import=${here("../../scripts/source.mjs")}`],
  });
  await answerOf(child);
  return {
    name: watching.name,
    measure: async () => {
      child.send(load.count);
      return (await answerOf(child)) as Costs;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  const died = once(child, "exit", { signal }).then(() =>
    Promise.reject(new Error("a contestant's process has ended")),
  );
  try {
    const [answer] = (await Promise.race([once(child, "message", { signal }), died])) as [unknown];
    return answer;
  } finally {
    died.catch(() => undefined);
    stop.abort();
  }
}
