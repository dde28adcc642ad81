/** Settings of a connection by name. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

// What has an option of its own, and the encoding, which the driver relies on.
const RESERVED: ReadonlyMap<string, string> = new Map([
  ["user", "it is the option user"],
  ["database", "it is the option database"],
  ["application_name", "it is the option applicationName"],
  ["replication", "a connection that replicates cannot be pooled"],
  ["client_encoding", "it is always UTF8"],
]);

// What PgBouncer keeps apart for each client; it refuses every other startup parameter.
const TRACKED: ReadonlySet<string> = new Set(["datestyle", "timezone", "standard_conforming_strings"]);

export const SETTINGS_SHAPE = "an object of settings: names, and texts, numbers or booleans";

/** What is wrong with the option `settings`, or undefined. */
export function checkSettings(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return SETTINGS_SHAPE;
  for (const [name, setting] of Object.entries(value)) {
    if (!/^[a-z_]\w{0,62}(?:\.[a-z_]\w{0,62})?$/i.test(name)) return "an object whose names are names of settings";
    const reserved = RESERVED.get(name.toLowerCase());
    if (reserved !== undefined) return `an object without ${name}: ${reserved}`;
    const isValue = typeof setting === "boolean" || typeof setting === "number" || typeof setting === "string";
    if (!isValue || (typeof setting === "string" && setting.includes("\0")))
      return `an object whose ${name} is a text without NUL, a number or a boolean`;
  }
  return undefined;
}

/** Settings as startup parameters. */
export function parametersOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === "boolean" ? (value ? "on" : "off") : String(value),
    ]),
  );
}

/** Why PgBouncer in transaction mode would refuse the connection; nothing when it would not. */
export function refusedByPgBouncer(parameters: Readonly<Record<string, string>>): string[] {
  return Object.keys(parameters)
    .filter((name) => name !== "application_name" && !TRACKED.has(name.toLowerCase()))
    .map(
      (name) =>
        `${name} cannot be set for a connection with poolMode "transaction": PgBouncer refuses it; use SET LOCAL`,
    );
}
