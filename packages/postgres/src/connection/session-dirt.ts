import { PoolError } from "@pool/core";
import { CLEAN, DIRT, dirtOf, type Dirt, kindsOf } from "./dirt.js";

/** How many texts are remembered by the whole process, and how long one may be. */
const REMEMBERED = 1_000;
const LONGEST = 10_000;

const known = new Map<string, Dirt>();

/** {@link dirtOf}, remembered. */
export function rememberedDirt(text: string): Dirt {
  const seen = known.get(text);
  if (seen !== undefined) return seen;
  const dirt = dirtOf(text);
  if (text.length > LONGEST) return dirt;
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, dirt);
  return dirt;
}

/**
 * `"auto"` an open transaction and what the lease is seen to have left behind · `"discard"` an open transaction and everything, always ·
 * `"rollback"` an open transaction · `"none"` nothing: a connection that comes back with an open transaction is closed.
 */
export type ResetMode = "auto" | "discard" | "rollback" | "none";

/** `"transaction"` is "auto" where nothing can be undone, since the session is another's after each transaction: what would have to be is refused. */
export type SessionMode = ResetMode | "transaction";

const UNDO: readonly (readonly [dirt: Dirt, sql: string])[] = [
  [DIRT.cursor, "CLOSE ALL"],
  [DIRT.settings, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"],
  // With search_path on pg_temp every table is a temporary one.
  [DIRT.temporary | DIRT.settings, "DISCARD TEMP"],
  [DIRT.advisory, "SELECT pg_advisory_unlock_all()"],
  [DIRT.listen, "UNLISTEN *"],
  [DIRT.prepare, "DEALLOCATE ALL"],
];

/** Are there no round trips to make before the next lease? */
export function isCleanFor(mode: SessionMode, dirt: Dirt): boolean {
  return mode === "auto" ? dirt === CLEAN : mode !== "discard";
}

/** The texts to run, one round trip each; mostly there is one. DISCARD ALL does not run beside other statements. */
export function undoTexts(mode: SessionMode, dirt: Dirt, inTransaction: boolean): readonly string[] {
  const rollback = inTransaction ? ["ROLLBACK"] : [];
  if (isCleanFor(mode, dirt)) return rollback;
  if (mode === "discard" || (dirt & DIRT.unknown) !== 0) return [...rollback, "DISCARD ALL"];
  const undo = UNDO.filter(([kinds]) => (kinds & dirt) !== 0).map(([, sql]) => sql);
  return [[...rollback, ...undo].join("; ")];
}

/** Dirt of which it is certain that it would be left in a session of PgBouncer's; what DO and CALL run may well leave none. */
const NEEDS_SESSION: Dirt = ~DIRT.unknown;

/** @throws PoolError `INVALID_ARGUMENT` for a text that leaves something behind where nobody can undo it */
export function assertAllowed(mode: SessionMode, dirt: Dirt): void {
  if (mode !== "transaction" || (dirt & NEEDS_SESSION) === CLEAN) return;
  const what = `the statement may leave something behind in its session (${kindsOf(dirt).join(", ")})`;
  const message = `${what}, which poolMode "transaction" does not have: another client would get it; SET LOCAL and its like are for a transaction`;
  throw new PoolError("INVALID_ARGUMENT", message);
}

/** Do these make the server forget prepared statements? */
export function forgetsPrepared(texts: readonly string[]): boolean {
  return texts.some((text) => text === "DISCARD ALL" || text.includes("DEALLOCATE ALL"));
}
