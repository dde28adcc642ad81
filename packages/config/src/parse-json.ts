import { shownKey } from "./key-text.js";

/** What a text says, or what could be told of one that is no configuration: never any of the text itself, which may hold secrets. */
export type Parsed = { readonly value: unknown } | { readonly problems: readonly string[] };

const DEEPEST = 64;

/**
 * Parses JSON as `JSON.parse` does, but tells the place of a mistake without quoting the text around it, and refuses a key given twice, of which
 * `JSON.parse` would silently keep the last.
 */
export function parseJson(text: string): Parsed {
  const reader = new Reader(text);
  try {
    return { value: reader.document() };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return { problems: [`${error.message} (${placeOf(error.offset, text)})`] };
  }
}

class Mistake extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value(0);
    if (this.#offset < this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): unknown {
    this.#take(/[ \t\r\n]*/y);
    if (depth > DEEPEST) throw new Mistake(this.#offset, "is nested too deep");
    const value = this.#take(/\{/y) ? this.#object(depth) : this.#take(/\[/y) ? this.#array(depth) : this.#scalar();
    this.#take(/[ \t\r\n]*/y);
    return value;
  }

  #object(depth: number): object {
    const entries = new Map<string, unknown>();
    this.#list(/\}/y, () => {
      this.#take(/[ \t\r\n]*/y);
      const offset = this.#offset;
      const key = this.#string() ?? this.#fail();
      if (entries.has(key)) throw new Mistake(offset, `gives ${JSON.stringify(shownKey(key))} twice in one object`);
      if (this.#take(/[ \t\r\n]*:/y) === undefined) this.#fail();
      entries.set(key, this.#value(depth + 1));
    });
    // Defines its keys, so that none is taken for a prototype.
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#list(/\]/y, () => items.push(this.#value(depth + 1)));
    return items;
  }

  #list(end: RegExp, item: () => unknown): void {
    this.#take(/[ \t\r\n]*/y);
    if (this.#take(end) !== undefined) return;
    do item();
    while (this.#take(/,/y) !== undefined);
    if (this.#take(end) === undefined) this.#fail();
  }

  #scalar(): unknown {
    const text = this.#string();
    if (text !== undefined) return text;
    const word = this.#take(/(?:true|false|null)\b|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    return word === undefined ? this.#fail() : (JSON.parse(word) as unknown);
  }

  #string(): string | undefined {
    const quoted = this.#take(/"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y);
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const [token] = pattern.exec(this.#text) ?? [];
    this.#offset += token?.length ?? 0;
    return token;
  }

  #fail(): never {
    throw new Mistake(this.#offset, "is not JSON");
  }
}

function placeOf(offset: number, text: string): string {
  const lines = text.slice(0, offset).split("\n");
  return `line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)}`;
}
