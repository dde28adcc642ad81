import { firstWord, firstWords } from "./text.ts";

/** What a statement's first words tell about it. Worked out once per text and kept beside its prepared statement. */
export interface Manner {
  readonly verb: string;
  /** Begins or ends a transaction or savepoint: only for a connection that is lent. */
  readonly control: boolean;
  /** Changes a PRAGMA of the connection, which `reset` has to undo. */
  readonly dirties: boolean;
  readonly changesSchema: boolean;
  /** Why it is not run at all, or not outside a session. */
  readonly refusal: string | undefined;
  readonly refusalOutsideSession: string | undefined;
}

const CONTROL_VERBS = new Set(["begin", "commit", "end", "rollback", "savepoint", "release"]);
const SCHEMA_VERBS = new Set(["create", "drop", "alter", "reindex", "vacuum", "analyze"]);

/** PRAGMAs that change the file, not the connection: allowed anywhere on the writer. */
const FILE_PRAGMAS = new Set(["user_version", "application_id", "auto_vacuum"]);
/** PRAGMAs with an argument that only ask or tidy up. */
const ASKING_PRAGMAS = new Set(
  `table_info table_xinfo table_list index_info index_xinfo index_list foreign_key_list foreign_key_check integrity_check
   quick_check optimize incremental_vacuum shrink_memory wal_checkpoint`.split(/\s+/),
);
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

/** SQLite carries a PRAGMA out while it prepares it, also when that is to be explained. */
function explainManner(words: readonly string[]): Pick<Manner, "refusal"> {
  const explained = words[0] === "query" && words[1] === "plan" ? words.slice(2) : words;
  if (explained[0] !== "pragma") return { refusal: undefined };
  const { dirties, refusal } = pragmaManner(explained.slice(1));
  return { refusal: dirties ? "EXPLAIN would carry this PRAGMA out: leave it away" : refusal };
}

function pragmaManner(words: readonly string[]): Pick<Manner, "dirties" | "refusal" | "refusalOutsideSession"> {
  const [first = "", dot, second = ""] = words;
  const name = dot === "." ? second : first;
  const sets = ["=", "("].includes((dot === "." ? words[3] : dot) ?? "");
  if (!sets || ASKING_PRAGMAS.has(name) || FILE_PRAGMAS.has(name)) {
    return { dirties: false, refusal: undefined, refusalOutsideSession: undefined };
  }
  const why = `PRAGMA ${name} would hold for one connection of several: set it with the option "pragmas"`;
  if (SESSION_PRAGMAS.has(name))
    return { dirties: true, refusal: undefined, refusalOutsideSession: `${why}, or inside a session` };
  return { dirties: false, refusal: why, refusalOutsideSession: why };
}
