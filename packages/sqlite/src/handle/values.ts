import { types } from "node:util";
import { PoolError } from "@pool/core";
import { type Values } from "../helper/protocol.js";

/**
 * Refuses what SQLite cannot bind, before it is sent anywhere: one value that cannot be cloned would take down a whole list of statements.
 * @throws PoolError `INVALID_ARGUMENT` that names the value by its place and kind, never by its content
 */
export function assertBindable(values: unknown, where: string): void {
  if (values === undefined) return;
  if (isList(values)) assertItems(values, where);
  else if (isPlainObject(values)) assertNamed(values, where);
  else throw refusal(where, `values must be an array or a plain object, got ${kindOf(values)}`);
}

/**
 * The values of a statement that is sent at once: a plain list or object of them, without whatever else hangs on the caller's.
 * @throws as {@link assertBindable}
 */
export function plainValues(values: Values | undefined, where: string): Values | undefined {
  // Copied first, so that what is looked at is what is sent: a getter may answer something else the second time.
  if (isList(values)) {
    const list = values.slice();
    assertItems(list, where);
    return list.length === 1 && isPlainObject(list[0]) ? [{ ...list[0] }] : list;
  }
  const named = isPlainObject(values) ? { ...values } : values;
  assertBindable(named, where);
  return named;
}

/** Those of one that is sent later: nothing is changed in them by what the caller does meanwhile. @throws as {@link assertBindable} */
export function ownValues(values: Values | undefined, where: string): Values | undefined {
  const plain = plainValues(values, where);
  return plain && withOwnBlobs(plain);
}

function withOwnBlobs(values: Values): Values {
  const list: readonly unknown[] = Array.isArray(values) ? values : Object.values(values);
  for (const value of list) if (typeof value === "object" && value !== null) return mapped(values, ownValue);
  return values;
}

function mapped(values: Values, map: (value: unknown) => unknown): Values {
  if (isList(values)) return values.map(map);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

function ownValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  // Values by name may come as the only item of a list.
  return isPlainObject(value) ? withOwnBlobs(value) : value;
}

const BOUND = "SQLite binds numbers, strings, bigints, blobs and null";

function assertItems(list: readonly unknown[], where: string): void {
  for (let at = 0; at < list.length; at++) {
    const value = list[at];
    if (isBindable(value)) continue;
    if (list.length === 1 && isPlainObject(value)) return assertNamed(value, where);
    throw refusal(where, `value ${at + 1} is ${kindOf(value)}; ${BOUND}`);
  }
}

function assertNamed(values: Readonly<Record<string, unknown>>, where: string): void {
  for (const [name, value] of Object.entries(values)) {
    if (isBindable(value)) continue;
    throw refusal(where, `value ${JSON.stringify(name)} is ${kindOf(value)}; ${BOUND}`);
  }
}

function isBindable(value: unknown): boolean {
  switch (typeof value) {
    case "number":
    case "string":
    case "bigint":
      return true;
    case "object":
      return value === null || (ArrayBuffer.isView(value) && !types.isDataView(value) && !isDetached(value));
    default:
      return false;
  }
}

/** Its memory was handed over to somebody else. */
function isDetached({ buffer }: ArrayBufferView): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}

function isList(values: unknown): values is readonly unknown[] {
  return Array.isArray(values) && !types.isProxy(values);
}

/** As an object literal makes it, here or in another realm. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What it is, with a hint where it is something that people often pass. */
function kindOf(value: unknown): string {
  if (value === undefined) return "undefined (pass null)";
  if (value === null) return "null";
  if (typeof value === "boolean") return "a boolean (pass 1 or 0)";
  if (types.isProxy(value)) return "a Proxy (pass what is behind it)";
  if (types.isPromise(value)) return "a promise (await it)";
  if (value instanceof Date) return "a Date (pass its time or its ISO text)";
  if (Array.isArray(value)) return "an array";
  if (types.isDataView(value)) return "a DataView (pass a Uint8Array of it)";
  if (ArrayBuffer.isView(value))
    return isDetached(value) ? "a blob whose memory was handed over" : "a blob (pass it in a list)";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function refusal(where: string, what: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", `${where}: ${what}`);
}
