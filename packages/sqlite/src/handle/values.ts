import { types } from "node:util";
import { PoolError } from "@pool/core";
import { type Values } from "../helper/protocol.js";

/**
 * Refuses what SQLite cannot bind, before it is sent anywhere: one value that cannot be cloned would take down a whole list of statements.
 * @throws PoolError `INVALID_ARGUMENT` that names the value by its place and kind, never by its content
 */
export function assertBindable(values: unknown, where: string): void {
  if (values === undefined) return;
  if (!isList(values)) {
    if (isPlainObject(values)) return assertNamed(values, where);
    throw refusal(where, `values must be an array or a plain object, got ${kindOf(values)}`);
  }
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (isBindable(value)) continue;
    if (values.length === 1 && isPlainObject(value)) return assertNamed(value, where);
    throw refusal(where, `value ${at + 1} is ${kindOf(value)}; ${BOUND}`);
  }
}

/** The values of a statement that is sent later, or elsewhere: their own list, without whatever else hangs on the caller's. @throws as {@link assertBindable} */
export function ownValues(values: Values | undefined, where: string): Values | undefined {
  // First, so that what is looked at is what is sent: a getter may answer something else the second time.
  const own = copyOf(values);
  assertBindable(own, where);
  return own;
}

function copyOf(values: Values | undefined): Values | undefined {
  if (!isList(values)) return isPlainObject(values) ? { ...values } : values;
  const [first] = values;
  return values.length === 1 && isPlainObject(first) ? [{ ...first }] : [...values];
}

const BOUND = "SQLite binds numbers, strings, bigints, blobs and null";

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
