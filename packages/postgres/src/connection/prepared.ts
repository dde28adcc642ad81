import { randomBytes } from "node:crypto";
import { type RowShape } from "./row-reader.js";
import { type PostgresStatement } from "./statement.js";

/** A longer text is never prepared: what is kept of a connection stays bounded. */
const MAX_TEXT = 65_536;

/** A statement that has a name on the server, or is about to get it. */
export interface Prepared {
  readonly text: string;
  readonly name: string;
  /** The server is known to have it. */
  isParsed: boolean;
  /** What its rows look like; null for none, undefined where the server has to be asked. */
  shape: RowShape | null | undefined;
}

/** What became of a statement with a name that failed. */
export type Refusal =
  /** The server would not run it under that name, and has run nothing. */
  | "unknown name"
  | "name taken"
  | "changed result"
  /** What was found at its first analysis does not hold any more: the type of a parameter, for example. */
  | "changed schema"
  /** It failed by itself. */
  | undefined;

/** The statements that one connection has prepared, by text; the least recently used make room. */
export class PreparedStatements {
  readonly #limit: number;
  // A name that two clients share would run the wrong text behind a proxy that was not told of, hence the random part.
  readonly #prefix = `p${randomBytes(4).toString("hex")}_`;
  readonly #named = new Map<string, Prepared>();
  readonly #usedOnce = new Set<string>();
  #closable: string[] = [];
  #count = 0;
  #isOff: boolean;

  /** @param limit how many to keep; 0 prepares nothing */
  constructor(limit: number) {
    this.#limit = limit;
    this.#isOff = limit === 0;
  }

  /** The name to run this statement under: from its second use on, since preparing a one-off would cost more than it saves. */
  of({ text, values, prepare }: PostgresStatement): Prepared | undefined {
    if (this.#isOff || prepare === false) return undefined;
    const known = this.#named.get(text);
    if (known !== undefined) {
      this.#named.delete(text);
      this.#named.set(text, known); // the youngest now
      return known;
    }
    if (text === "" || text.length > MAX_TEXT) return undefined;
    if (prepare === true || this.#usedOnce.delete(text)) return this.#add(text);
    if (values !== undefined && values.length > 0) this.#remember(text);
    return undefined;
  }

  /** Names that the server may forget; each is given out once. */
  takeClosable(): readonly string[] {
    if (this.#closable.length === 0) return this.#closable;
    const closable = this.#closable;
    this.#closable = [];
    return closable;
  }

  /** Judges why a statement with a name has failed, and forgets the name unless the server is known to have it still. */
  failed(prepared: Prepared, error: ServerRefusal): Refusal {
    const refusal = refusalOf(prepared, error);
    if (refusal === "name taken") this.#isOff = true; // somebody else gives out our names
    if (refusal === "unknown name")
      this.clear(); // one gone means all gone: DISCARD ALL, DEALLOCATE ALL
    else if (refusal !== undefined || !prepared.isParsed || error.code === INTERNAL) this.#drop(prepared);
    if (refusal !== undefined) this.#remember(prepared.text);
    return refusal;
  }

  /** The server has forgotten all of them. */
  clear(): void {
    this.#named.clear();
    this.#closable = [];
  }

  #add(text: string): Prepared {
    const prepared: Prepared = {
      text,
      name: `${this.#prefix}${(this.#count += 1)}`,
      isParsed: false,
      shape: undefined,
    };
    this.#named.set(text, prepared);
    if (this.#named.size > this.#limit) {
      const [oldest] = this.#named.values();
      if (oldest !== undefined) this.#drop(oldest);
    }
    return prepared;
  }

  #remember(text: string): void {
    this.#usedOnce.add(text);
    if (this.#usedOnce.size <= this.#limit) return;
    const [oldest] = this.#usedOnce;
    if (oldest !== undefined) this.#usedOnce.delete(oldest);
  }

  #drop(prepared: Prepared): void {
    if (this.#named.get(prepared.text) === prepared) this.#named.delete(prepared.text);
    this.#closable.push(prepared.name); // closing a name that the server does not have is no error
  }
}

interface ServerRefusal {
  readonly message: string;
  readonly code?: string | undefined;
  readonly routine?: string | undefined;
  readonly position?: string | undefined;
  readonly where?: string | undefined;
}

/** "cache lookup failed for type" after a type was made anew, for example. */
const INTERNAL = "XX000";

/**
 * All of them are found when the statement is parsed or bound, so that nothing has been executed: only the analysis of a text points at a
 * position in it, and a function's own troubles have a `where`.
 */
function refusalOf({ name, isParsed }: Prepared, error: ServerRefusal): Refusal {
  const { code, message, routine, where, position } = error;
  if (where !== undefined || code === undefined) return undefined;
  if (isParsed && code.startsWith("42") && position !== undefined) return "changed schema";
  if (code === "0A000" && routine === "RevalidateCachedQuery") return "changed result";
  if (!message.includes(name)) return undefined; // it speaks of a name of the caller's
  if (code === "26000") return "unknown name";
  return code === "42P05" ? "name taken" : undefined;
}
