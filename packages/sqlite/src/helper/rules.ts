import { firstWord, firstWords } from "./text.ts";

/** What a statement's first words tell about it. Worked out once per text and kept beside its prepared statement. */
export interface Manner {
  readonly verb: string;
  /** Begins or ends a transaction or savepoint: only for a connection that is lent. */
  readonly control: boolean;
  /** Changes a PRAGMA of the connection, which `reset` has to undo. */
  readonly dirties: boolean;
  readonly changesSchema: boolean;
  /** Of a PRAGMA: it changes the file, so that it is for the writer. SQLite takes some of them for reads. */
  readonly forWriter: boolean;
  /** Answered from what the connection remembers of the file, which may be old, and not from the file. */
  readonly fromMemory: boolean;
  /** Why it is not run at all, or not outside a session. */
  readonly refusal: string | undefined;
  readonly refusalOutsideSession: string | undefined;
}

const CONTROL_VERBS = new Set(["begin", "commit", "end", "rollback", "savepoint", "release"]);
const SCHEMA_VERBS = new Set(["create", "drop", "alter", "reindex", "vacuum", "analyze"]);

/** PRAGMAs that change the file, not the connection: allowed anywhere on the writer. */
const FILE_PRAGMAS = new Set(["user_version", "application_id", "auto_vacuum"]);
/** PRAGMAs with an argument that only ask. */
const ASKING_PRAGMAS = new Set(
  `table_info table_xinfo table_list index_info index_xinfo index_list foreign_key_list foreign_key_check integrity_check
   quick_check shrink_memory`.split(/\s+/),
);
/** PRAGMAs that tidy the file up, with an argument or without. */
const TIDYING_PRAGMAS = new Set(["optimize", "incremental_vacuum", "wal_checkpoint"]);
/** PRAGMAs of a connection that a session may change for itself. */
export const SESSION_PRAGMAS = new Set(
  `foreign_keys defer_foreign_keys ignore_check_constraints legacy_alter_table recursive_triggers cache_size analysis_limit
   case_sensitive_like automatic_index`.split(/\s+/),
);

export function mannerOf(text: string): Manner {
  const verb = firstWord(text);
  const control = CONTROL_VERBS.has(verb);
  const plain = {
    verb,
    control,
    dirties: false,
    changesSchema: SCHEMA_VERBS.has(verb),
    forWriter: false,
    fromMemory: false,
    refusal: undefined,
    refusalOutsideSession: control
      ? `${verb.toUpperCase()} belongs to client.transaction() or to a session`
      : undefined,
  };
  if (verb === "attach" || verb === "detach") {
    return {
      ...plain,
      refusal: `${verb.toUpperCase()} would hold for one connection of several: make a connector for the other file`,
    };
  }
  if (verb === "pragma") return { ...plain, ...pragmaManner(firstWords(text, 6).slice(1)) };
  return verb === "explain" ? { ...plain, ...explainManner(firstWords(text, 9).slice(1)) } : plain;
}

/** Does it move the log into the file, for which nobody may be reading? */
export function isCheckpoint(text: string): boolean {
  return firstWord(text) === "pragma" && firstWords(text, 4).includes("wal_checkpoint");
}

/** SQLite carries a PRAGMA out while it prepares it, also when that is to be explained. */
function explainManner(words: readonly string[]): Pick<Manner, "fromMemory" | "refusal"> {
  const explained = words[0] === "query" && words[1] === "plan" ? words.slice(2) : words;
  if (explained[0] !== "pragma") return { fromMemory: true, refusal: undefined };
  const { dirties, forWriter, refusal } = pragmaManner(explained.slice(1));
  return {
    fromMemory: true,
    refusal: dirties || forWriter ? "EXPLAIN may carry a PRAGMA out, and tells nothing of it" : refusal,
  };
}

function pragmaManner(words: readonly string[]): Omit<Manner, "verb" | "control"> {
  const [first = "", dot, second = ""] = words;
  const isNamed = dot === ".";
  const name = isNamed ? second : first;
  const sets = ["=", "("].includes((isNamed ? words[3] : dot) ?? "");
  const fromMemory = !SESSION_PRAGMAS.has(name);
  const asks = { dirties: false, changesSchema: false, forWriter: false, fromMemory };
  const allowed = { ...asks, refusal: undefined, refusalOutsideSession: undefined };
  if (TIDYING_PRAGMAS.has(name)) return { ...allowed, forWriter: true, changesSchema: name === "optimize" };
  if (!sets || ASKING_PRAGMAS.has(name)) return allowed;
  const why = `PRAGMA ${name} would hold for one connection of several: set it with the option "pragmas"`;
  if (isNamed && first === "temp") return { ...asks, refusal: why, refusalOutsideSession: why };
  if (FILE_PRAGMAS.has(name)) return { ...allowed, forWriter: true };
  if (SESSION_PRAGMAS.has(name))
    return { ...allowed, dirties: true, refusalOutsideSession: `${why}, or inside a session` };
  return { ...asks, refusal: why, refusalOutsideSession: why };
}
