import { type ResolvedSqliteOptions } from "./options.js";

export type PragmaValue = string | number | boolean;

/** What may be set for every connection: nothing that is the pool's own affair (journal_mode, query_only, busy_timeout, locking_mode). */
const PRAGMAS = new Set(
  `analysis_limit auto_vacuum automatic_index cache_size cache_spill case_sensitive_like cell_size_check checkpoint_fullfsync
   foreign_keys fullfsync ignore_check_constraints journal_size_limit legacy_alter_table max_page_count mmap_size page_size recursive_triggers
   reverse_unordered_selects secure_delete synchronous temp_store threads trusted_schema wal_autocheckpoint`.split(
    /\s+/,
  ),
);

/** The PRAGMAs of every connection, in the order in which they are set. */
export function pragmasOf({
  pragmas,
  walLimit,
}: ResolvedSqliteOptions): readonly (readonly [string, string | number])[] {
  const all: Record<string, PragmaValue> = {
    synchronous: "NORMAL",
    cache_size: 10_000,
    temp_store: "MEMORY",
    foreign_keys: true,
    journal_size_limit: walLimit,
    ...pragmas,
  };
  return Object.entries(all).map(([name, value]) => [name, typeof value === "boolean" ? Number(value) : value]);
}

/** What is wrong with the option `pragmas`, if something is. */
export function checkPragmas(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "an object of PRAGMA names and values";
  for (const [name, setting] of Object.entries(value)) {
    if (!PRAGMAS.has(name))
      return `an object whose names are among ${[...PRAGMAS].join(", ")} (${JSON.stringify(name)} is not)`;
    const isWord = typeof setting === "string" && /^-?\w+$/.test(setting);
    const isNumber = typeof setting === "number" && Number.isSafeInteger(setting);
    if (!isWord && !isNumber && typeof setting !== "boolean")
      return `an object whose values are words, whole numbers or booleans (${name} is none)`;
  }
  return undefined;
}
