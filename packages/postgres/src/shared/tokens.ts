// Sticky, and each with one way to match: the text is read once.
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const SPACE = /\s+/y;
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

export interface Token {
  /** A word or quoted name in lower case, a single character, or empty for a constant. */
  readonly word: string;
  readonly end: number;
}

/** What a text of SQL is made of, as far as names and keywords go; comments and spaces are left out. Takes time in proportion to the text. */
export function* wordsOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    const blank = endOfBlank(text, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    const token = tokenAt(text, at);
    yield token.word;
    at = token.end;
  }
}

function endOfBlank(text: string, at: number): number {
  if (text.startsWith("--", at)) return behind(text, "\n", at);
  if (text.startsWith("/*", at)) return endOfComment(text, at);
  return matchEnd(SPACE, text, at);
}

function tokenAt(text: string, at: number): Token {
  const character = text.charAt(at);
  if (character === "'") return { word: "", end: endOfQuoted(text, at + 1, "'", false) };
  if (character === '"') {
    const end = endOfQuoted(text, at + 1, '"', false);
    return { word: text.slice(at + 1, end - 1).toLowerCase(), end };
  }
  const tagEnd = character === "$" ? matchEnd(DOLLAR_TAG, text, at) : at;
  if (tagEnd > at) return { word: "", end: behind(text, text.slice(at, tagEnd), tagEnd) };
  const end = matchEnd(WORD, text, at);
  if (end === at) return { word: character, end: at + 1 };
  const word = text.slice(at, end).toLowerCase();
  // E'…' is the one kind of constant in which a backslash hides a quote.
  if (word === "e" && text.charAt(end) === "'") return { word: "", end: endOfQuoted(text, end + 1, "'", true) };
  return { word, end };
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Behind the next `mark`, or the end. */
function behind(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}

/** A quote that is written twice stands for itself. */
function endOfQuoted(text: string, from: number, quote: string, backslashes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (backslashes && character === "\\") at += 1;
    else if (character === quote) {
      if (text.charAt(at + 1) !== quote) return at + 1;
      at += 1;
    }
  }
  return text.length + 1;
}

/** Comments nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith("/*", at)) {
      depth += 1;
      at += 1;
    } else if (text.startsWith("*/", at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
