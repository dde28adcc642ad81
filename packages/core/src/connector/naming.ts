import { PoolError } from "../errors.js";
import { describeValue } from "../options-text.js";
import type { Connector } from "./connector.js";

/** How a registry gives a connector its name: a method that returns why it cannot be, or undefined when it is named so from now on. */
export const assignName = Symbol("@pool/core assignName");

const RESERVED = new Set(["__proto__", "constructor", "prototype"]);
const LONGEST_NAME = 128;

/** @throws PoolError `INVALID_ARGUMENT` unless `name` can name a `what` ("connector", "scope") */
export function checkName(what: string, name: unknown): asserts name is string {
  const problem = problemOf(name);
  if (problem !== undefined)
    throw new PoolError("INVALID_ARGUMENT", `the name of a ${what} ${problem}`, { details: { name } });
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== "string") return `must be a string, got ${name === null ? "null" : typeof name}`;
  if (name.trim() === "") return "must not be empty";
  if (name.length > LONGEST_NAME) return `may have ${String(LONGEST_NAME)} characters, got ${String(name.length)}`;
  if (/\p{Cc}/u.test(name)) return "must not hold control characters";
  return RESERVED.has(name) ? `must not be ${JSON.stringify(name)}` : undefined;
}

/** @throws PoolError `INVALID_ARGUMENT` unless `value` has what a connector has */
export function checkConnector(name: string, value: unknown): asserts value is Connector {
  const candidate = value as Partial<Connector> | null | undefined;
  if (
    typeof candidate?.connect === "function" &&
    typeof candidate.disconnect === "function" &&
    typeof candidate.key === "string"
  )
    return;
  throw new PoolError("INVALID_ARGUMENT", `${JSON.stringify(name)} must be a connector, got ${describeValue(value)}`);
}

const owners = new WeakMap<Connector, string>();

/**
 * Notes who will close this connector, and under which name: one with two owners would be closed under one of them.
 * @throws PoolError `INVALID_ARGUMENT` when it has an owner, or another name
 */
export function claim(connector: Connector, owner: string, name: string): void {
  const current = owners.get(connector);
  if (current !== undefined) {
    throw new PoolError(
      "INVALID_ARGUMENT",
      `connector "${connector.name}" belongs to ${current}, and cannot belong to ${owner} as well`,
    );
  }
  const problem = suggestName(connector, name);
  if (problem !== undefined) {
    throw new PoolError(
      "INVALID_ARGUMENT",
      `connector "${connector.name}" (${connector.kind}) cannot be registered as "${name}": ${problem}`,
    );
  }
  owners.set(connector, owner);
}

/** The same for an owner that does not look it up by name: the connector takes the name only if it has none. */
export function claimAnonymous(connector: Connector, owner: string, name: string): void {
  claim(connector, owner, suggestName(connector, name) === undefined ? name : connector.name);
}

export function unclaim(connector: Connector): void {
  owners.delete(connector);
}

/** One that was written by hand, without the method, keeps the name it has. */
function suggestName(connector: Connector, name: string): string | undefined {
  return (connector as { [assignName]?: (name: string) => string | undefined })[assignName]?.(name);
}
