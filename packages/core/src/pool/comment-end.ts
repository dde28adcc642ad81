/**
 * Where the comment in `text` ends whose `/*` is behind; its end where it is never closed. PostgreSQL nests comments and other databases do not:
 * undefined where what follows would be a comment or a literal for some and not for others.
 */
export function endOfComment(text: string, from: number): number | undefined {
  const first = text.indexOf("*/", from);
  if (first === -1) return text.length;
  if (!text.slice(from, first + 1).includes("/*")) return first + 2;
  const last = endOfNested(text, from);
  if (last === undefined) return undefined;
  // Where comments do not nest, this belongs to the statement, and must not begin anything that would go on behind it.
  const between = text.slice(first + 2, last - 2);
  const isClear = !/["'`$[/]|--/.test(between) && text.charAt(last) !== "*";
  return isClear ? last : undefined;
}

function endOfNested(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const pair = text.charCodeAt(at) * 256 + text.charCodeAt(at + 1);
    if (pair !== OPENS && pair !== CLOSES) continue;
    depth += pair === OPENS ? 1 : -1;
    at++;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

const OPENS = 47 * 256 + 42;
const CLOSES = 42 * 256 + 47;
