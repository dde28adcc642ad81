import { hash } from "node:crypto";
import { LITERAL, Tokens } from "./tokens.js";

/** The shape of a statement: what all have in common that differ in literals, white space, comments and case only. */
export interface Fingerprint {
  /** Sixteen hexadecimal digits. */
  readonly id: string;
  /** For people: at most 500 characters, no literal. */
  readonly text: string;
}

const LONGEST_READ = 64 * 1024;
const LONGEST_SHOWN = 500;

/**
 * The fingerprint of a statement in any dialect, by its tokens. Literals and parameters count as one and the same, and a list of them as one of them,
 * however long: `in (1, 2, 3)` is `in (?)`, and so are the rows of VALUES. Linear in the length, of which the first 64 K characters are
 * read; never throws.
 */
export function fingerprintOf(statement: string): Fingerprint {
  const isCut = statement.length > LONGEST_READ;
  const reader = new Tokens(isCut ? statement.slice(0, LONGEST_READ) : statement);
  // Each with the space before it. What only repeats is written over.
  const tokens: string[] = [];
  const spaces: string[] = [];
  let count = 0;
  let space = "";
  while (!reader.atEnd) {
    const token = reader.next();
    if (token === undefined) {
      space = " ";
      continue;
    }
    tokens[count] = token;
    spaces[count] = space;
    space = "";
    count++;
    if (token === LITERAL || token === ")") count -= repeatedAtEnd(tokens, count);
  }
  while (count > 0 && tokens[count - 1] === ";") count--;
  let key = "";
  let text = "";
  for (let at = 0; at < count; at++) {
    const token = tokens[at] ?? "";
    key += `${token.startsWith('"') ? token : token.toLowerCase()} `;
    if (text.length <= LONGEST_SHOWN) text += at === 0 ? token : `${spaces[at] ?? ""}${token}`;
  }
  if (text.length > LONGEST_SHOWN || isCut) text = `${text.slice(0, LONGEST_SHOWN)}…`;
  return { id: hash("sha256", key).slice(0, 16), text };
}

const ROW = ["(", LITERAL, ")", ",", "(", LITERAL, ")"] as const;

/** How many of the last of so many tokens only say again what stands before them. */
function repeatedAtEnd(tokens: readonly string[], count: number): number {
  if (tokens[count - 1] === LITERAL) return tokens[count - 2] === "," && tokens[count - 3] === LITERAL ? 2 : 0;
  return count >= ROW.length && ROW.every((token, at) => tokens[count - ROW.length + at] === token) ? 4 : 0;
}
