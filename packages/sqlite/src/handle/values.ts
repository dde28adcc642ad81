import { PoolError } from "@pool/core";

/**
 * Refuses what SQLite cannot bind, before it is sent anywhere: one value that cannot be cloned would take down a whole list of statements.
 * @throws PoolError `INVALID_ARGUMENT` that names the value by its place and kind, never by its content
 */
export function assertBindable(values: unknown, where: string): void {
  if (values === undefined) return;
  if (typeof values !== "object" || values === null)
    throw refusal(where, `values must be an array or an object, got ${kindOf(values)}`);
  if (!Array.isArray(values)) return assertNamed(values as Readonly<Record<string, unknown>>, where);
  const list: readonly unknown[] = values;
  for (let at = 0; at < list.length; at++) {
    const value = list[at];
    if (isBindable(value)) continue;
    if (list.length === 1 && isPlainObject(value)) return assertNamed(value, where);
    throw refusal(where, `value ${at + 1} is ${kindOf(value)}; SQLite binds numbers, strings, bigints, blobs and null`);
  }
}

function assertNamed(values: Readonly<Record<string, unknown>>, where: string): void {
  for (const [name, value] of Object.entries(values)) {
    if (isBindable(value)) continue;
    throw refusal(
      where,
      `value ${JSON.stringify(name)} is ${kindOf(value)}; SQLite binds numbers, strings, bigints, blobs and null`,
    );
  }
}

function isBindable(value: unknown): boolean {
  switch (typeof value) {
    case "number":
    case "string":
    case "bigint":
      return true;
    case "object":
      return value === null || ArrayBuffer.isView(value);
    default:
      return false;
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What it is, with a hint where it is something that people often pass. */
function kindOf(value: unknown): string {
  if (value === undefined) return "undefined (pass null)";
  if (typeof value === "boolean") return "a boolean (pass 1 or 0)";
  if (value instanceof Date) return "a Date (pass its time or its ISO text)";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function refusal(where: string, what: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", `${where}: ${what}`);
}
