import { isPoolError } from "@pool/core";
import type { Monitor, PoolHandle } from "@pool/monitor";
import { Refusal } from "./refusal.js";

/** What an operator asks for; reaches all pools of that name. Times are in ms. */
export type Action =
  | { readonly action: "evict"; readonly pool: string }
  | {
      readonly action: "resize";
      readonly pool: string;
      readonly maxSize?: number;
      readonly maxIdle?: number;
      readonly minIdle?: number;
    }
  | { readonly action: "drain"; readonly pool: string; readonly timeout?: number };

/** What each action takes beside `action` and `pool`: numbers, all of which may be left out. */
const NUMBERS: Readonly<Record<Action["action"], readonly string[]>> = {
  evict: [],
  resize: ["maxSize", "maxIdle", "minIdle"],
  drain: ["timeout"],
};

/** Reads the body of a request. @throws Refusal 400 that says what is wrong with it */
export function readAction(body: string): Action {
  const given = parse(body);
  const { action, pool, ...numbers } = given;
  if (typeof action !== "string" || !Object.hasOwn(NUMBERS, action))
    throw wrong(`action must be one of ${Object.keys(NUMBERS).join(", ")}`);
  if (typeof pool !== "string" || pool === "") throw wrong("pool must be the name of a pool");
  const known = NUMBERS[action as Action["action"]]; // it is one of them
  for (const [name, value] of Object.entries(numbers)) {
    if (!known.includes(name)) throw wrong(`${action} takes ${["pool", ...known].join(", ")} and nothing else`);
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
      throw wrong(`${name} must be a number of at least 0`);
  }
  if (action === "resize" && Object.keys(numbers).length === 0) throw wrong(`resize needs ${known.join(", or ")}`);
  return given as Action; // checked above, key by key
}

/**
 * Does it. A drain goes on after this: the page sees its end.
 * @throws Refusal 404 when there is no open pool of that name, 400 with the pool's own reason
 */
export function carryOut(action: Action, monitor: Monitor, onError: (error: unknown) => void): void {
  const handle = monitor.pools().find(({ name }) => name === action.pool);
  if (!handle) throw new Refusal(404, "NO_SUCH_POOL", "there is no open pool of this name");
  try {
    run(action, handle, onError);
  } catch (error) {
    if (isPoolError(error)) throw new Refusal(400, error.code, error.message);
    throw error;
  }
}

function run(action: Action, handle: PoolHandle, onError: (error: unknown) => void): void {
  switch (action.action) {
    case "evict":
      return handle.evict("evicted from the dashboard");
    case "resize": {
      const { action: _, pool: __, ...limits } = action;
      return handle.resize(limits);
    }
    case "drain": {
      const { timeout } = action;
      handle.drain({ ...(timeout !== undefined && { timeout }) }).catch(onError);
    }
  }
}

function parse(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw wrong("the body must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("the body must be an object");
  return { ...value };
}

function wrong(message: string): Refusal {
  return new Refusal(400, "INVALID_ACTION", message);
}
