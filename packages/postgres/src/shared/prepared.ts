import { type RowShape } from "../connection/row-reader.js";

/** One text that a connection has seen, and how far it is prepared there. */
export class PreparedText {
  /** `parsing`: sent to be prepared, and not answered yet. Until then it cannot be used: should it fail, what is sent behind it would fail too. */
  state: "seen" | "parsing" | "ready" = "seen";
  readonly name: string;
  /** Undefined for a statement without rows. The server refuses to run it once its rows have changed. */
  shape: RowShape | undefined;
  used = true;

  constructor(name: string) {
    this.name = name;
  }
}

/** Texts longer than this are not kept. */
const MAX_TEXT = 32_768;

/**
 * What one connection has prepared, bounded by number. A text is prepared at its second use: a one-off costs nothing. The one that makes room
 * is the oldest that was not used since it was last passed over: nearly the least recently used, without a write to the map per use.
 */
export class PreparedTexts {
  readonly #capacity: number;
  readonly #texts = new Map<string, PreparedText>();
  #names = 0;
  #doomed: string[] = [];

  /** @param capacity 0 prepares nothing */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How `text` is to be sent: `ready` uses its name, `seen` is to be prepared now (and becomes `parsing`), undefined goes without a name. */
  use(text: string, atOnce = false): PreparedText | undefined {
    if (this.#capacity === 0) return undefined;
    const known = this.#texts.get(text);
    if (known === undefined) {
      if (text.length > MAX_TEXT) return undefined;
      const added = this.#add(text);
      return atOnce ? added : undefined;
    }
    known.used = true;
    return known.state === "parsing" ? undefined : known;
  }

  /** The server does not know it any more, or not as it was: the next use starts afresh under another name. */
  forget(text: string, prepared: PreparedText | undefined): void {
    if (prepared === undefined || this.#texts.get(text) !== prepared) return;
    this.#texts.delete(text);
    this.#doomed.push(prepared.name);
  }

  /** Names to be closed on the server, in front of the next statement; each is told once. */
  takeDoomed(): readonly string[] {
    if (this.#doomed.length === 0) return this.#doomed;
    const doomed = this.#doomed;
    this.#doomed = [];
    return doomed;
  }

  #add(text: string): PreparedText {
    if (this.#texts.size >= this.#capacity) this.#makeRoom();
    this.#names += 1;
    const prepared = new PreparedText(`s${this.#names}`);
    this.#texts.set(text, prepared);
    return prepared;
  }

  #makeRoom(): void {
    for (const [text, prepared] of this.#texts) {
      this.#texts.delete(text);
      if (prepared.used) {
        prepared.used = false;
        this.#texts.set(text, prepared);
        continue;
      }
      if (prepared.state !== "seen") this.#doomed.push(prepared.name);
      return;
    }
  }
}
