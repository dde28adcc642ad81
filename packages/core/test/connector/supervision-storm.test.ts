import { expect, test } from "vitest";
import { createRegistry } from "../../src/connector/create-registry.js";
import { supervise } from "../../src/connector/supervise.js";
import { onEvent } from "../../src/on-event.js";
import { type Dice, diceFrom, seedOfRun } from "../support/dice.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { MemoryBackend, untilAborted } from "../support/memory-backend.js";

const ROUNDS = 60;
const STEPS = 60;
// Back-off begins at 25 ms at least: so many attempts fit into the first second, fewer into each that follows.
const MOST_ATTEMPTS_PER_SECOND = 20;
// A pause of 400 ms, a way back that hangs for 5 s, and a check that hangs for 1 s.
const LONGEST_WAY_BACK = 6_500;
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  idle: ["connecting", "closed"],
  connecting: ["ready", "failed", "closed"],
  ready: ["degraded", "closed"],
  degraded: ["ready", "reconnecting", "closed"],
  reconnecting: ["ready", "failed", "closed"],
  failed: ["connecting", "reconnecting", "ready", "closed"],
  closed: ["connecting"],
};
const first = seedOfRun();

test(`a supervised connector under every order of calls, faults and news keeps its promises (seed ${String(first)})`, async () => {
  const totals = { transitions: 0, seen: new Set<string>(), attempts: 0, checks: 0 };
  for (let round = 0; round < ROUNDS; round++) await storm(diceFrom(first + round), totals);
  // The storm is one only if it reaches every transition there is.
  const all = Object.entries(ALLOWED).flatMap(([from, to]) => to.map((next) => `${from} → ${next}`));
  expect(all.filter((transition) => !totals.seen.has(transition))).toEqual([]);
  expect(totals.transitions).toBeGreaterThan(ROUNDS * 10);
  expect(totals.attempts).toBeGreaterThan(ROUNDS * 10);
}, 60_000);

type Weather = "fair" | "refuses" | "hangs" | "hangs and is deaf";

async function storm(
  dice: Dice,
  totals: { transitions: number; seen: Set<string>; attempts: number; checks: number },
): Promise<void> {
  const where = `seed ${String(dice.seed)}`;
  const clock = new ManualClock(0);
  const backend = new MemoryBackend();
  const name = `storm-${String(dice.seed)}`;
  let weather: Weather = "fair";
  // What is thrown inside a connector's calls is an unhealthy backend, and no failed test.
  const broken: string[] = [];
  const meet = (signal: AbortSignal): Promise<void> => {
    if (weather === "refuses") return Promise.reject(new Error("refused"));
    if (weather === "hangs") return untilAborted(signal);
    if (weather === "hangs and is deaf") return new Promise(() => undefined);
    return Promise.resolve();
  };
  backend.beforeOpen = ({ signal }) => (weather === "hangs and is deaf" ? untilAborted(signal) : meet(signal));
  let reconnecting = 0;
  backend.onCheck = (handle, signal) => {
    if (backend.closed.includes(handle)) broken.push("a closed client is asked");
    totals.checks++;
    return meet(signal);
  };
  const hasWayBack = dice.chance(0.5);
  const connector = backend.connector(
    {
      name,
      connectTimeout: 5_000,
      options: {
        autoReconnect: dice.chance(0.9),
        maxReconnectAttempts: dice.pick([1, 3, Infinity]),
        healthCheckInterval: dice.pick([1_000, 30_000]),
      },
      ...(hasWayBack && {
        reconnect: async (handle, signal) => {
          if (backend.closed.includes(handle)) broken.push("a closed client reconnects");
          if (++reconnecting > 1) broken.push("two ways back at once");
          try {
            await (weather === "hangs and is deaf" ? untilAborted(signal) : meet(signal));
          } finally {
            reconnecting--;
          }
        },
      }),
    },
    clock,
  );
  const attempts: number[] = [];
  using _states = onEvent("connector:state", ({ connector: who, from, to }) => {
    if (who !== name || from === to) return;
    if (ALLOWED[from]?.includes(to) !== true) broken.push(`${from} → ${to}`);
    totals.transitions++;
    totals.seen.add(`${from} → ${to}`);
  });
  using _attempts = onEvent("connector:recovery", ({ connector: who, action }) => {
    if (who === name && action === "reconnect") attempts.push(clock.now());
  });
  const registry = createRegistry({ [name]: connector }, { clock });
  supervise(registry, { clock, random: () => dice.below(1_000) / 1_000 });
  const calls: Promise<unknown>[] = [];
  const call = (work: Promise<unknown>): void => void calls.push(work.catch(() => undefined));
  for (let step = 0; step < STEPS; step++) {
    const action = dice.below(14);
    if (action < 3) call(connector.connect());
    else if (action === 3 && dice.chance(0.3)) call(connector.disconnect({ timeout: 10 }));
    else if (action === 4 && dice.chance(0.3)) call(connector.restart());
    else if (action === 5) call(connector.healthCheck({ timeout: dice.pick([5, 1_000]) }));
    else if (action < 8) backend.told.lost(new Error("lost"));
    else if (action === 8) backend.told.recovered();
    else if (action < 12) weather = dice.pick(["fair", "fair", "refuses", "hangs", "hangs and is deaf"]);
    if (dice.chance(0.6)) await clock.advance(dice.pick([0, 5, 60, 700, 3_000, 40_000]));
    expect(backend.mostLive, where).toBeLessThanOrEqual(1);
    expect(connector.isConnected, where).toBe(connector.state === "ready");
    if (["ready", "degraded", "reconnecting"].includes(connector.state))
      expect(backend.closed.includes(connector.client), where).toBe(false);
  }
  await comesBack();
  await ends();
  totals.attempts += attempts.length;
  attempts.forEach((at, index) => {
    const later = attempts[index + MOST_ATTEMPTS_PER_SECOND];
    if (later !== undefined)
      expect(later - at, `${where}: too many attempts from ${String(at)} ms`).toBeGreaterThan(1_000);
  });

  /** Once the backend is fair, whatever is wanted and may come back by itself is ready in time. */
  async function comesBack(): Promise<void> {
    weather = "fair";
    const { autoReconnect, maxReconnectAttempts } = connector.config;
    await clock.advance(maxReconnectAttempts === Infinity ? LONGEST_WAY_BACK : 30_000);
    const { state } = connector;
    if (state === "idle" || state === "closed" || autoReconnect === false) return;
    expect(state, where).toBe("ready");
  }

  async function ends(): Promise<void> {
    if (dice.chance(0.5)) backend.told.lost();
    const checks = backend.checks;
    const opened = backend.opened.length;
    const closing = registry.close({ timeout: 100 });
    const begun = backend.checks;
    for (let turn = 0; turn < 5; turn++) {
      backend.told.lost();
      backend.told.recovered();
      await clock.advance(20_000);
    }
    await closing;
    await Promise.all(calls);
    await settle();
    expect(begun, where).toBe(checks);
    expect(backend.checks, `${where}: asked after close`).toBe(checks);
    expect(backend.opened.length, `${where}: opened after close`).toBe(opened);
    expect([connector.state, backend.live], where).toEqual([connector.state === "idle" ? "idle" : "closed", 0]);
    expect(clock.pending, `${where}: a timer is left`).toBe(0);
    expect(broken, where).toEqual([]);
  }
}
