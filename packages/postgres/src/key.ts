import { fingerprint } from "@pool/core";
import { describeHost } from "./connect/address.js";
import { type ResolvedPostgresOptions } from "./resolved-options.js";

const numbers = new WeakMap<object, number>();
let functions = 0;

/**
 * Where, as whom and how: whoever gets this client must find what was asked for, so that another password, role or timeout makes another
 * key. Two functions are never the same, since nobody can tell what they do.
 */
export function keyOf({ dial, given }: ResolvedPostgresOptions): string {
  const { name: _, ...options } = given;
  const text = JSON.stringify(Object.entries(options).sort(byName), (__, value: unknown) => plain(value));
  const hosts = dial.hosts.map(describeHost).join(",");
  const who = `${encodeURIComponent(dial.user)}@${hosts}/${encodeURIComponent(dial.database)}`;
  return `postgres://${who}?role=${dial.targetSessionAttrs}&options=${fingerprint(text)}`;
}

function plain(value: unknown): unknown {
  if (value === Infinity) return "never";
  if (typeof value !== "function") return value;
  const known = numbers.get(value) ?? ++functions;
  numbers.set(value, known);
  return `function #${String(known)}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
