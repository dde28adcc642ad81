import { fingerprint } from "@pool/core";
import { type ResolvedRedisOptions } from "./resolved-options.js";

const numbers = new WeakMap<object, number>();
let numbered = 0;

/**
 * Where, as whom and how: another password or timeout makes another key. A function, and an object of a class, is the same only as itself, since nobody
 * can tell what is in it.
 */
export function keyOf({ address, given }: ResolvedRedisOptions): string {
  const { name: _, ...options } = given;
  const text = JSON.stringify(Object.entries(options).sort(byName), (__, value: unknown) => plain(value));
  const who = address.user === undefined ? "" : `${encodeURIComponent(address.user)}@`;
  return `redis://${who}${address.text}?options=${fingerprint(text)}`;
}

function plain(value: unknown): unknown {
  if (value === Infinity) return "never";
  if (typeof value !== "function" && (typeof value !== "object" || value === null || isPlain(value))) return value;
  const known = numbers.get(value) ?? ++numbered;
  numbers.set(value, known);
  return `#${known}`;
}

// All that it is can be read off it. A Buffer writes itself out before it comes here.
function isPlain(value: object): boolean {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
