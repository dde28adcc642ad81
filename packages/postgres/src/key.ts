import { fingerprint } from "@pool/core";
import { describeHost } from "./connect/address.js";
import { type ResolvedPostgresOptions } from "./resolved-options.js";

const numbers = new WeakMap<object, number>();
let numbered = 0;

/**
 * Where, as whom and how: whoever gets this client must find what was asked for, so that another password, role or timeout makes another
 * key. A function, and an object of a class, is the same only as
 * itself, since nobody can tell what is in it.
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
  if (typeof value !== "function" && (typeof value !== "object" || value === null || isPlain(value))) return value;
  const known = numbers.get(value) ?? ++numbered;
  numbers.set(value, known);
  return `#${String(known)}`;
}

// All that it is can be read off it. A Buffer writes itself out before it comes here.
function isPlain(value: object): boolean {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
