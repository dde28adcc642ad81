import { describe, expect, onTestFinished, test } from "vitest";
import type { Connector } from "../../src/connector/connector.js";
import { supervise } from "../../src/connector/supervise.js";
import { PoolError } from "../../src/errors.js";
import type { MomentEvents } from "../../src/events.js";
import { onEvent } from "../../src/on-event.js";
import type { RecoveryOptions } from "../../src/recovery/options.js";
import { withRecovery } from "../../src/recovery/with-recovery.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, MemoryBackend, untilAborted, type Handle } from "../support/memory-backend.js";

const coded = (code: string, details = {}): PoolError => new PoolError(code, code.toLowerCase(), { details });
const REFUSED = coded("QUEUE_FULL");
let scenes = 0;

interface Scene {
  readonly clock: ManualClock;
  readonly backend: MemoryBackend;
  readonly connector: Connector<Handle>;
  /** What was done, as `action attempt errorClass`. */
  readonly told: string[];
  /** Runs work that fails with these errors, one after the other, and then gives "done". */
  run(errors: readonly unknown[], options?: RecoveryOptions<string>): Promise<unknown>;
  runs: number;
}

async function scene(): Promise<Scene> {
  const clock = new ManualClock(0);
  const backend = new MemoryBackend();
  const name = `recovered-${String(++scenes)}`;
  const connector = await backend.connector({ name }, clock).connect();
  const told: string[] = [];
  const listening = onEvent(
    "connector:recovery",
    ({ connector: who, action, attempt, errorClass }: MomentEvents["connector:recovery"]) => {
      if (who === name) told.push(`${action} ${String(attempt)} ${errorClass}`);
    },
  );
  onTestFinished(() => listening[Symbol.dispose]());
  const it: Scene = {
    clock,
    backend,
    connector,
    told,
    runs: 0,
    async run(errors, options = {}) {
      const left = [...errors];
      const work = (): string => {
        it.runs++;
        if (left.length > 0) throw left.shift();
        return "done";
      };
      const result = withRecovery(connector, work, { clock, random: () => 0, ...options });
      const settled = result.catch((error: unknown) => error);
      await clock.advance(60_000);
      return await settled;
    },
  };
  return it;
}

test("work that succeeds costs nothing more", async () => {
  const it = await scene();
  const client = await withRecovery(it.connector, (given, { attempt }) => [given, attempt]);
  expect(client).toEqual([it.connector.client, 1]);
  expect(it.told).toEqual([]);
  expect(it.backend.checks).toBe(0);
});

describe("what is repeated", () => {
  test.each<[string, unknown, RecoveryOptions<string>, number]>([
    ["an error before anything was sent", coded("QUEUE_FULL"), {}, 4],
    ["an error that says that nothing was sent", coded("RESOURCE_LOST", { sent: false }), {}, 4],
    ["an error that says that it may have been", coded("COMMAND_TIMEOUT", { sent: true }), {}, 1],
    ["a lost connection", coded("RESOURCE_LOST"), {}, 1],
    ["a lost connection under idempotent work", coded("RESOURCE_LOST"), { idempotent: true }, 4],
    ["a refusal under work that must not be", coded("QUEUE_FULL"), { idempotent: false }, 1],
    ["a commit whose outcome is unknown, even so", coded("OUTCOME_UNKNOWN"), { idempotent: true }, 1],
    [
      "what a query builder wrapped around one",
      new Error("wrapped", { cause: coded("OUTCOME_UNKNOWN") }),
      { idempotent: true },
      1,
    ],
    ["a wrong call", coded("INVALID_ARGUMENT"), { idempotent: true }, 1],
    ["an error that nobody knows", new Error("what?"), { idempotent: true }, 1],
    ["as often as retries say", coded("QUEUE_FULL"), { retries: 1 }, 2],
    ["by a policy of one's own", new Error("what?"), { idempotent: true, policy: { unknown: ["retry"] } }, 4],
  ])("%s", async (_, error, options, runs) => {
    const it = await scene();
    expect(
      await it.run(
        Array.from({ length: 9 }, () => error),
        options,
      ),
    ).toBe(error);
    expect(it.runs).toBe(runs);
  });

  test("what the backend undid whole, until it succeeds", async () => {
    const it = await scene();
    const connector = it.backend.connector({ classify: () => "transient", name: "other" }, it.clock);
    await connector.connect();
    let runs = 0;
    const work = (): number => {
      if (++runs < 3) throw new Error("deadlock");
      return runs;
    };
    const result = withRecovery(connector, work, { clock: it.clock, random: () => 0 });
    await it.clock.advance(150);
    expect(await result).toBe(3);
  });

  test("after pauses that double from 50 ms, told one by one", async () => {
    const it = await scene();
    const at: number[] = [];
    const result = withRecovery(
      it.connector,
      () => {
        at.push(it.clock.now());
        throw REFUSED;
      },
      { clock: it.clock, random: () => 0 },
    );
    const failure = failureOf(result);
    await it.clock.advance(5_000);
    expect(await failure).toBe(REFUSED);
    expect(at).toEqual([0, 50, 150, 350]);
    expect(it.told).toEqual(["retry 1 overload", "retry 2 overload", "retry 3 overload", "fail 4 overload"]);
  });
});

describe("what helps instead", () => {
  test("the fallback, when retries do not", async () => {
    const it = await scene();
    const fallback = (error: unknown): string => `cached, since ${(error as PoolError).code}`;
    expect(await it.run([coded("RESOURCE_LOST")], { fallback })).toBe("cached, since RESOURCE_LOST");
    expect(it.told).toEqual(["reconnect 1 connection", "fallback 1 connection"]);
    expect(it.backend.checks).toBe(1);
  });

  test("an alarm, when there is none, or it fails; the work's own error is thrown", async () => {
    const it = await scene();
    const lost = coded("RESOURCE_LOST");
    expect(await it.run([lost])).toBe(lost);
    expect(it.told.splice(0)).toEqual(["reconnect 1 connection", "alarm 1 connection"]);
    const fallback = (): never => {
      throw coded("QUERY_TIMEOUT");
    };
    expect(await it.run([lost], { fallback })).toBe(lost);
    expect(it.told).toEqual(["reconnect 1 connection", "fallback 1 connection", "alarm 1 timeout"]);
  });

  test("nothing, for what only the caller can mend", async () => {
    const it = await scene();
    const wrong = coded("INVALID_ARGUMENT");
    expect(await it.run([wrong], { fallback: () => "cached" })).toBe(wrong);
    expect(it.told).toEqual(["fail 1 syntax"]);
  });

  test("a lost backend is looked at, so that its supervisor comes at once", async () => {
    const it = await scene();
    using _ = supervise([it.connector], { clock: it.clock, random: () => 0 });
    it.backend.onCheck = () => Promise.reject(new Error("down"));
    const result = failureOf(
      withRecovery(it.connector, () => Promise.reject(coded("RESOURCE_LOST")), { clock: it.clock }),
    );
    await settle();
    expect(["degraded", "reconnecting"]).toContain(it.connector.state);
    await result;
  });
});

describe("while the connector is known to be down", () => {
  test("work is not run: the fallback or UNAVAILABLE at once, and work again once it is back", async () => {
    const it = await scene();
    using _ = supervise([it.connector], { clock: it.clock, random: () => 0 });
    it.backend.onCheck = () => Promise.reject(new Error("connection refused"));
    it.backend.told.lost();
    await it.clock.advance(5_000);
    const run = (options: RecoveryOptions<string> = {}): Promise<unknown> =>
      withRecovery(it.connector, () => `run ${String(++it.runs)}`, { clock: it.clock, ...options });
    expect(await failureOf(run())).toMatchObject({
      code: "UNAVAILABLE",
      message: `connector "${it.connector.name}" (memory) is known to be down: connection refused`,
      details: { sent: false },
    });
    expect(await run({ fallback: () => "cached" })).toBe("cached");
    expect(it.runs).toBe(0);
    it.backend.onCheck = () => undefined;
    await it.clock.advance(400);
    expect(await run()).toBe("run 1");
  });

  test("is not said of one that nobody looks after", async () => {
    const it = await scene();
    it.backend.told.lost();
    expect(await withRecovery(it.connector, () => "run", { clock: it.clock })).toBe("run");
  });
});

describe("the time", () => {
  test("bounds all attempts together, and the fallback answers after it", async () => {
    const it = await scene();
    let reason: unknown;
    const hang = (_: Handle, { signal }: { signal: AbortSignal }): Promise<never> =>
      untilAborted(signal).finally(() => void (reason = signal.reason));
    const options = { clock: it.clock, timeout: 700, idempotent: true };
    const failure = failureOf(withRecovery(it.connector, hang, options));
    const answer = withRecovery<Handle, string>(it.connector, hang, { ...options, fallback: () => "cached" });
    await it.clock.advance(700);
    expect(await failure).toMatchObject({ code: "COMMAND_TIMEOUT", details: { timeoutMs: 700 } });
    expect(await answer).toBe("cached");
    expect(reason).toMatchObject({ code: "COMMAND_TIMEOUT" });
    expect(it.clock.pending).toBe(0);
  });

  test("a signal ends it with its reason, in the work and in a pause", async () => {
    const it = await scene();
    const abort = new AbortController();
    const options = { clock: it.clock, signal: abort.signal, retries: Infinity };
    const failures = [
      failureOf(withRecovery(it.connector, (_, { signal }) => untilAborted(signal), options)),
      failureOf(
        withRecovery(it.connector, () => Promise.reject(REFUSED), {
          ...options,
          fallback: (): never => "cached" as never,
        }),
      ),
    ];
    await it.clock.advance(1_000);
    abort.abort(new Error("gone"));
    expect(await Promise.all(failures)).toEqual([new Error("gone"), new Error("gone")]);
    expect(it.clock.pending).toBe(0);
  });
});

test.each([
  [{ retries: -1 }, "retries must be a whole number of at least 0, or Infinity, got -1"],
  [{ fallback: 5 }, "fallback must be a function, got 5"],
  [{ policy: { nonsense: [] } }, 'withRecovery: policy takes no option "nonsense"'],
  [{ policy: { auth: ["pray"] } }, 'withRecovery: policy.auth knows reconnect, retry, fallback, alarm, got "pray"'],
  [{ policy: { auth: "alarm" } }, 'withRecovery: policy.auth must be a list of actions, got "alarm"'],
  [{ retry: 1 }, 'withRecovery takes no option "retry"'],
])("refuses %j", async (options, message) => {
  const connector = new MemoryBackend().connector();
  expect(await failureOf(withRecovery(connector, () => 1, options as never))).toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(message) as string,
  });
});
