import { DIRT, type Dirt } from "./dirt-kinds.js";

/** Names that leave something behind wherever they stand: functions, mostly. */
const NAMES: ReadonlyMap<string, Dirt> = new Map([
  ["pg_advisory_lock", DIRT.advisory],
  ["pg_advisory_lock_shared", DIRT.advisory],
  ["pg_try_advisory_lock", DIRT.advisory],
  ["pg_try_advisory_lock_shared", DIRT.advisory],
  ["pg_replication_origin_session_setup", DIRT.session],
  ["pg_backup_start", DIRT.session],
  ["pg_start_backup", DIRT.session],
  ["pg_create_logical_replication_slot", DIRT.session],
  ["pg_create_physical_replication_slot", DIRT.session],
]);

/** Functions that run a text, or a table that may be a view, which nobody can see into from here. */
const RUNS_TEXT = /^(?:(?:query|cursor|table|schema|database)_to_xml|ts_stat$|ts_rewrite$)/;

/** What a name means by itself. */
export function dirtOfName(name: string): Dirt {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  return RUNS_TEXT.test(name) ? DIRT.unknown : 0;
}

/** Does a name mean something, alone or with others, in quotes as well? */
export function isLookedFor(name: string): boolean {
  return name.startsWith("pg_") || name === "set_config" || RUNS_TEXT.test(name);
}
