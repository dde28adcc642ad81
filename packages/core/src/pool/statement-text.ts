const LONGEST = 500;
const LONGEST_READ = 64 * 1024;
/** More than is shown, whatever white space is taken off at its ends. */
const ENOUGH = LONGEST + 2;

/**
 * A statement with its literals replaced by `?` and its comments removed, for what leaves the process. One pass, linear in the length, and over
 * once there is as much as is shown; what is unclosed counts as a literal to the end. Statements of other languages than SQL come as a bare
 * command and pass unchanged.
 */
export function maskStatement(text: string): string {
  const cut = text.length > LONGEST_READ ? text.slice(0, LONGEST_READ) : text;
  let masked = "";
  let end = 0;
  let mayBeEnough = ENOUGH;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(cut)?.[0]; token !== undefined; token = TOKEN.exec(cut)?.[0]) {
    masked += cut.slice(end, TOKEN.lastIndex - token.length) + maskToken(token);
    end = TOKEN.lastIndex;
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
  if (token.startsWith("--") || token.startsWith("/*")) return " ";
  if (/^[A-Za-z_]/.test(token)) return /^(?:[xXbBnNeE]|[uU]&)'/.test(token) ? "?" : token;
  if (first === "$" || first === ":" || first === "@" || first === "?")
    return token.endsWith("$") || token.includes("$", 1) ? "?" : token;
  return "?";
}

// Every alternative consumes greedily and none can backtrack into another, so that the whole is linear.
const TOKEN = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\/\*[^]*?(?:\*\/|$)`,
    String.raw`(?:[xXbBnN]|[uU]&)?'(?:[^']|'')*(?:'|$)`,
    String.raw`[eE]'(?:[^'\\]|''|\\[^])*(?:'|\\?$)`,
    String.raw`"(?:[^"]|"")*(?:"|$)`,
    "`[^`]*(?:`|$)",
    String.raw`\$([A-Za-z_][A-Za-z0-9_]*)?\$[^]*?(?:\$\1\$|$)`,
    String.raw`[$:@?][A-Za-z0-9_]+`,
    String.raw`[A-Za-z_][A-Za-z0-9_$]*`,
    String.raw`\d(?:[eE][+-]\d|[\dA-Za-z_.])*`,
    String.raw`\.\d[\d_]*(?:[eE][+-]?\d+)?`,
  ].join("|"),
  "g",
);
