import * as chars from "./sql-characters.js";
import { DOUBT, literalToken, LONGEST_LITERAL, nameToken, OTHER } from "./sql-token-kinds.js";

/** What is read of a string; a test counts the reads. */
export interface Source {
  readonly length: number;
  charCodeAt(index: number): number;
  slice(start: number, end: number): string;
}

/** No word that is looked for is longer. */
const LONGEST_WORD = 40;

/**
 * The tokens of a text, as PostgreSQL's scanner cuts it (manual, "Lexical Structure"), in one pass: words in lower case, quoted names as they
 * are, single characters. Comments are left out. Every step goes forward, so that a text of n characters takes time in proportion to n.
 */
export class SqlTokens {
  readonly #text: Source;
  #at = 0;

  constructor(text: Source) {
    this.#text = text;
  }

  /** The next token; undefined at the end. After {@link DOUBT} there is none. */
  next(): string | undefined {
    this.#skipBlanks();
    if (this.#at >= this.#text.length) return undefined;
    const code = this.#code(0);
    if (chars.isWordStart(code)) return this.#word();
    if (code === chars.QUOTE) return this.#literal(false);
    if (code === chars.DOUBLE_QUOTE) return this.#quotedName();
    if (code === chars.DOLLAR) return this.#dollar();
    this.#at += 1;
    return String.fromCharCode(code);
  }

  #code(ahead: number): number {
    return this.#at + ahead < this.#text.length ? this.#text.charCodeAt(this.#at + ahead) : -1;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#code(0);
      if (code === chars.SPACE || (code >= chars.TAB && code <= chars.RETURN)) this.#at += 1;
      else if (code === chars.MINUS && this.#code(1) === chars.MINUS) this.#skipLine();
      else if (code === chars.SLASH && this.#code(1) === chars.STAR) this.#skipComment();
      else return;
    }
  }

  #skipLine(): void {
    for (let code = this.#code(0); code !== -1 && code !== chars.NEWLINE && code !== chars.RETURN; code = this.#code(0))
      this.#at += 1;
  }

  // They nest.
  #skipComment(): void {
    let depth = 0;
    do {
      const code = this.#code(0);
      const next = this.#code(1);
      if (code === -1) return;
      const isBegin = code === chars.SLASH && next === chars.STAR;
      const isEnd = code === chars.STAR && next === chars.SLASH;
      depth += isBegin ? 1 : isEnd ? -1 : 0;
      this.#at += isBegin || isEnd ? 2 : 1;
    } while (depth > 0);
  }

  #word(): string {
    const start = this.#at;
    while (chars.isWordPart(this.#code(0))) this.#at += 1;
    const length = this.#at - start;
    if (length > LONGEST_WORD) return OTHER;
    const word = this.#text.slice(start, this.#at).toLowerCase();
    if (length > 1) return word;
    if (word === "e" && this.#code(0) === chars.QUOTE) return this.#literal(true);
    return word === "u" && this.#code(0) === chars.AMPERSAND && this.#code(1) === chars.DOUBLE_QUOTE
      ? this.#doubt()
      : word;
  }

  #literal(hasEscapes: boolean): string {
    const start = (this.#at += 1);
    for (let code = this.#code(0); code !== -1; code = this.#code(0)) {
      if (code === chars.BACKSLASH && hasEscapes) this.#at += 1;
      // An escape or not: that is for the setting standard_conforming_strings to say.
      else if (code === chars.BACKSLASH && this.#code(1) === chars.QUOTE) return this.#doubt();
      else if (code === chars.QUOTE && this.#code(1) === chars.QUOTE) this.#at += 1;
      else if (code === chars.QUOTE) {
        const end = this.#at;
        this.#at += 1;
        return end - start > LONGEST_LITERAL ? OTHER : literalToken(this.#text.slice(start, end));
      }
      this.#at += 1;
    }
    return this.#doubt();
  }

  #quotedName(): string {
    const start = (this.#at += 1);
    for (let code = this.#code(0); code !== -1; code = this.#code(0)) {
      if (code === chars.DOUBLE_QUOTE && this.#code(1) !== chars.DOUBLE_QUOTE) {
        const end = this.#at;
        this.#at += 1;
        return end - start > LONGEST_WORD ? OTHER : nameToken(this.#text.slice(start, end));
      }
      this.#at += code === chars.DOUBLE_QUOTE ? 2 : 1;
    }
    return this.#doubt();
  }

  /** A parameter such as $1, or a literal between two $tag$. */
  #dollar(): string {
    const start = this.#at;
    this.#at += 1;
    if (chars.isDigit(this.#code(0))) return OTHER; // the digits are no words either
    while (chars.isWordPart(this.#code(0)) && this.#code(0) !== chars.DOLLAR) this.#at += 1;
    if (this.#code(0) !== chars.DOLLAR) return this.#goTo(start + 1);
    const tagLength = this.#at - start;
    this.#at += 1;
    // No tag has a $ inside, so that what was compared in vain need not be looked at again.
    for (let matched = -1; this.#at < this.#text.length;) {
      const code = this.#code(0);
      this.#at += 1;
      if (matched === tagLength - 1 && code === chars.DOLLAR) return OTHER;
      if (code === chars.DOLLAR) matched = 0;
      else if (matched >= 0 && code === this.#text.charCodeAt(start + 1 + matched)) matched += 1;
      else matched = -1;
    }
    return this.#doubt();
  }

  #goTo(at: number): string {
    this.#at = at;
    return OTHER;
  }

  #doubt(): string {
    this.#at = this.#text.length;
    return DOUBT;
  }
}
