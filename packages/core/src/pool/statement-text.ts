import { endOfComment } from "./comment-end.js";

const LONGEST = 500;
const LONGEST_READ = 64 * 1024;
/** More than is shown, whatever white space is taken off at its ends. */
const ENOUGH = LONGEST + 2;

/**
 * A statement with its literals replaced by `?` and its comments removed, for what leaves the process. One pass, linear in the length, and over
 * once there is as much as is shown; what is unclosed counts as a literal to the end, as does what is one for some databases. Statements of other
 * languages than SQL come as a bare command and pass unchanged.
 */
export function maskStatement(text: string): string {
  const cut = text.length > LONGEST_READ ? text.slice(0, LONGEST_READ) : text;
  let masked = "";
  let end = 0;
  let mayBeEnough = ENOUGH;
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(cut); found !== null; found = TOKEN.exec(cut)) {
    const [token] = found;
    const after = token === "/*" ? endOfComment(cut, TOKEN.lastIndex) : TOKEN.lastIndex;
    masked += cut.slice(end, found.index) + (after === undefined ? "?" : maskToken(token));
    TOKEN.lastIndex = end = after ?? cut.length;
    if (masked.length < mayBeEnough) continue;
    masked = closeUp(masked);
    mayBeEnough = masked.length + ENOUGH;
    if (masked.length <= ENOUGH) continue;
    end = cut.length;
    break;
  }
  const short = closeUp(masked + cut.slice(end)).trim();
  return short.length > LONGEST ? `${short.slice(0, LONGEST)}…` : short;
}

/** Each run of white space as one space. */
function closeUp(text: string): string {
  return text.replace(/\s+/g, " ");
}

function maskToken(token: string): string {
  const first = token.charAt(0);
  if (first === '"' || first === "`") return token;
  if (token === "/*" || token.startsWith("--")) return " ";
  if (WORD.test(first)) return /^(?:[xXbBnNeE]|[uU]&)'/.test(token) ? "?" : token;
  const isParameter = /[$:@?]/.test(first) && !token.includes("$", 1);
  return isParameter ? token : "?";
}

// PostgreSQL takes everything beyond ASCII for a letter.
const LETTER = String.raw`A-Za-z_\u0080-\uffff`;
const WORD = new RegExp(`[${LETTER}]`);

// Every alternative consumes greedily and none can backtrack into another, so that the whole is linear.
const TOKEN = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\/\*`,
    String.raw`(?:[xXbBnN]|[uU]&)?'(?:[^']|'')*(?:'|$)`,
    String.raw`[eE]'(?:[^'\\]|''|\\[^])*(?:'|\\?$)`,
    String.raw`"(?:[^"]|"")*(?:"|$)`,
    "`[^`]*(?:`|$)",
    String.raw`\$([${LETTER}][${LETTER}\d]*)?\$[^]*?(?:\$\1\$|$)`,
    String.raw`[$:@?][${LETTER}\d]+`,
    String.raw`[${LETTER}][${LETTER}\d$]*`,
    String.raw`\d(?:[eE][+-]\d|[${LETTER}\d.])*`,
    String.raw`\.\d[\d_]*(?:[eE][+-]?\d+)?`,
  ].join("|"),
  "g",
);
