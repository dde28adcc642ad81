/** Where user and password stand in a text. */
export interface UserInfo {
  readonly begin: number;
  readonly end: number;
}

/**
 * Finds user and password in every URL of a text: from behind its `://` up to its @. A password that should have had its /, ?, # or @ encoded and has not
 * reaches to the last @ that may be the URL's. Linear in the length of the text.
 */
export function userInfosIn(text: string): readonly UserInfo[] {
  const lastBeforeSpace = lastAtBefore(text, SPACE);
  const lastBeforeQuote = lastAtBefore(text, QUOTE);
  const lastBeforeQuery = lastAtBefore(text, QUERY);
  const found: UserInfo[] = [];
  let behind = 0;
  for (const { 0: scheme, index } of text.matchAll(SCHEME)) {
    const begin = index + scheme.length;
    if (begin < behind) continue;
    AUTHORITY.lastIndex = begin;
    const authority = AUTHORITY.exec(text)?.[0] ?? "";
    const colon = authority.indexOf(":");
    let end = -1;
    if (authority.includes("@")) end = Math.max(begin + authority.lastIndexOf("@"), lastBeforeQuote(begin));
    // Known by the colon before it, where no port follows.
    else if (colon !== -1 && !PORT.test(authority.slice(colon + 1))) end = lastBeforeSpace(begin);
    // What looks like a port may be how a password begins, but where an @ in the path is nothing unusual.
    else if (colon !== -1 && !/^(?:http|ws)s?:/i.test(scheme)) end = lastBeforeQuery(begin);
    if (end <= begin) continue;
    found.push({ begin, end });
    behind = end;
  }
  return found;
}

const SCHEME = /[a-z][a-z0-9+.-]{0,20}:\/\//gi;
const AUTHORITY = /[^\s/?#]*/y;
const PORT = /^\d{1,5}(?:[,;"')\]}>]|$)/;

// Where a URL ends at the latest: at a space, before another URL; at a quote that closes; at a query.
const ANOTHER = String.raw`[,;|&="'\`(<[{](?=[a-z][a-z0-9+.-]{0,20}:\/\/)`;
const SPACE = String.raw`\s|${ANOTHER}`;
const QUOTE = String.raw`${SPACE}|["'\`](?=[\s,;:)\]}>]|$)`;
const QUERY = String.raw`${QUOTE}|\?[\w.-]+=`;

/** A function that tells the last @ between a place and the next match of `end`. Asked for places in their order, it searches the text once. */
function lastAtBefore(text: string, end: string): (from: number) => number {
  const pattern = new RegExp(end, "gi");
  let stop = -1;
  let last = -1;
  return (from) => {
    if (from <= stop) return last;
    pattern.lastIndex = from;
    stop = pattern.exec(text)?.index ?? text.length;
    const at = text.slice(from, stop).lastIndexOf("@");
    last = at === -1 ? -1 : from + at;
    return last;
  };
}
