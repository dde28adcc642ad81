/** The first word of a statement in lower case, past white space and comments. Linear, and reads no further than it must. */
export function firstWord(text: string): string {
  const at = skipBlank(text, 0);
  const word = /[a-z]*/iy;
  word.lastIndex = at;
  return word.exec(text)?.[0].toLowerCase() ?? "";
}

/**
 * The words, names and signs at the start of a statement, in lower case and without their quotes: enough to tell a PRAGMA. Names may be quoted
 * in each of SQLite's four ways, and hold whatever is not ASCII.
 */
export function firstWords(text: string, count: number): string[] {
  const words: string[] = [];
  const word = /[\w$\u{80}-\u{10ffff}]+|'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\]|[^\s]/uy;
  let at = 0;
  while (words.length < count) {
    at = skipBlank(text, at);
    word.lastIndex = at;
    const found = word.exec(text)?.[0];
    if (found === undefined) break;
    words.push(unquoted(found).toLowerCase());
    at += found.length;
  }
  return words;
}

function unquoted(word: string): string {
  const quote = word.charAt(0);
  if (word.length < 2 || !"'\"`[".includes(quote)) return word;
  const name = word.slice(1, -1);
  return quote === "[" ? name : name.replaceAll(quote + quote, quote);
}

/** Where the next thing begins that is neither white space nor a comment (nor, before the first word, an empty statement). */
function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    const char = text.charCodeAt(at);
    if (char === 32 || (char >= 9 && char <= 13) || char === 0xfeff || (char === 59 && from === 0)) at++;
    else if (char === 45 && text.charCodeAt(at + 1) === 45) at = after(text, "\n", at + 2);
    else if (char === 47 && text.charCodeAt(at + 1) === 42) at = after(text, "*/", at + 2);
    else return at;
  }
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found === -1 ? text.length : found + end.length;
}
