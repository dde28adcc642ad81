import { endOfComment } from "@pool/core";
import { DIGIT, endOfNumber, endOfSpace, endOfWord, kindOf, LETTER, SPACE } from "./characters.js";

/** What is not known to be a name, a keyword or punctuation. */
export const LITERAL = "?";

const LONGEST_NAME = 128;

/**
 * Reads a statement token by token, in any dialect. Each character is looked at a bounded number of times, whatever the text: what is opened and
 * never closed ends with the text, so that no search for an end is made twice.
 */
export class Tokens {
  readonly #text: string;
  /** Where the next token begins. */
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.at >= this.#text.length;
  }

  /** The next token; undefined for white space and comments. */
  next(): string | undefined {
    const text = this.#text;
    const start = this.at;
    const code = text.charCodeAt(start);
    const kind = kindOf(code);
    if (kind === SPACE) return this.#skip(endOfSpace(text, start));
    if (kind === LETTER) return this.#word(start, endOfWord(text, start + 1, true));
    if (kind === DIGIT) return this.#take(LITERAL, endOfNumber(text, start));
    const second = text.charAt(start + 1);
    switch (text.charAt(start)) {
      case "'":
        return this.#take(LITERAL, endOfQuoted(text, "'", start + 1));
      case '"':
      case "`":
        return this.#name(start, endOfQuoted(text, text.charAt(start), start + 1));
      case "-":
        return second === "-" ? this.#skip(endOf(text, "\n", start + 2)) : this.#take("-", start + 1);
      case "/":
        return second === "*" ? this.#comment(start) : this.#take("/", start + 1);
      case ".":
        return kindOf(second.charCodeAt(0)) === DIGIT
          ? this.#take(LITERAL, endOfNumber(text, start))
          : this.#take(".", start + 1);
      case "$":
        return this.#dollar(start);
      case ":":
        return second === ":" ? this.#take("::", start + 2) : this.#parameter(start);
      case "?":
        return this.#take(LITERAL, endOfWord(text, start + 1, false));
      case "@":
        return this.#parameter(start);
      default:
        return this.#take(text.charAt(start), start + 1);
    }
  }

  #take(token: string, end: number): string {
    this.at = end;
    return token;
  }

  #skip(end: number): string | undefined {
    this.at = end;
    return undefined;
  }

  /** Where what follows is a comment for some databases and none for others, the rest is taken for a literal. */
  #comment(start: number): string | undefined {
    const end = endOfComment(this.#text, start + 2);
    return end === undefined ? this.#take(LITERAL, this.#text.length) : this.#skip(end);
  }

  #word(start: number, end: number): string | undefined {
    const text = this.#text;
    if (end - start <= 2) {
      const word = text.slice(start, end).toLowerCase();
      const next = text.charAt(end);
      if (next === "'") {
        if (word === "e") return this.#take(LITERAL, endOfEscaped(text, end + 1));
        if (word === "x" || word === "b" || word === "n") return this.#take(LITERAL, endOfQuoted(text, "'", end + 1));
      }
      // U&'…' and U&"…"
      if (next === "&" && word === "u" && (text.charAt(end + 1) === "'" || text.charAt(end + 1) === '"')) {
        this.at = end + 1;
        return this.next();
      }
    }
    return this.#take(end - start > LONGEST_NAME ? LITERAL : text.slice(start, end), end);
  }

  /** A name in quotes. One that is too long to be a name is taken for a literal, as is one that has no end. */
  #name(start: number, end: number): string {
    const text = this.#text;
    const isName = end - start <= LONGEST_NAME && end - start > 2 && text.charAt(end - 1) === text.charAt(start);
    return this.#take(isName ? text.slice(start, end) : LITERAL, end);
  }

  /** `$1`, `$name`, `$$text$$` or `$tag$text$tag$`. */
  #dollar(start: number): string {
    const text = this.#text;
    const end = endOfWord(text, start + 1, false);
    const isTag = text.charAt(end) === "$" && kindOf(text.charCodeAt(start + 1)) !== DIGIT;
    if (isTag) return this.#take(LITERAL, endOf(text, text.slice(start, end + 1), end + 1));
    return end > start + 1 ? this.#take(LITERAL, end) : this.#take("$", end);
  }

  #parameter(start: number): string {
    const end = endOfWord(this.#text, start + 1, false);
    return this.#take(end > start + 1 ? LITERAL : this.#text.charAt(start), end);
  }
}

/** Behind the closing quote; a doubled one does not close. */
function endOfQuoted(text: string, quote: string, from: number): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 2))
    if (text.charAt(at + 1) !== quote) return at + 1;
  return text.length;
}

function endOfEscaped(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at++;
    else if (character === "'") {
      if (text.charAt(at + 1) !== "'") return at + 1;
      at++;
    }
  }
  return text.length;
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? text.length : at + what.length;
}
