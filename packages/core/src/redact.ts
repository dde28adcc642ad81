import { createHmac, randomBytes } from "node:crypto";
import { SECRET_NAME, SECRET_PARAMETER } from "./secret-names.js";
import { userInfosIn } from "./user-info.js";

/** What stands in a dump where a secret was. */
export const REDACTED = "[redacted]";

/** A copy with every value under a secret's name replaced, and the user-info of every URL. For `config`, dumps and errors. */
export function redact(value: unknown, secretNames: ReadonlySet<string> = new Set(), depth = 0): unknown {
  if (typeof value === "string") return redactUrls(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (depth >= 8) return "[…]";
  if (ArrayBuffer.isView(value)) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => redact(item, secretNames, depth + 1));
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of Object.entries(value)) {
    const secret = item !== undefined && (secretNames.has(name) || SECRET_NAME.test(name));
    copy[name] = secret ? REDACTED : redact(item, secretNames, depth + 1);
  }
  return Object.freeze(copy);
}

/** Takes user and password out of every URL in a text, and what follows `password=` and its like. Linear in the length of the text. */
export function redactUrls(text: string): string {
  let clean = "";
  let behind = 0;
  for (const { begin, end } of userInfosIn(text)) {
    clean += text.slice(behind, begin) + REDACTED;
    behind = end;
  }
  return (clean + text.slice(behind)).replace(PARAMETER, `$1${REDACTED}`);
}

const PARAMETER = new RegExp(
  String.raw`((?:${SECRET_PARAMETER})(?:=|["']?\s{0,5}:\s{0,5}(?=["'\`])))(?:${quoted('"')}|${quoted("'")}|(?<!=)${quoted("`")}|[^\s&;]+)`,
  "gi",
);

/** A backslash or the same quote again may take a quote in; what clings to the closing one may belong to the value as well. */
function quoted(quote: string): string {
  const inside = String.raw`[^${quote}\\]*`;
  return String.raw`${quote}${inside}(?:(?:\\[^]?|${quote}${quote})${inside})*${quote}?[^\s&;,)\]}]*`;
}

// Lives as long as the process: a fingerprint tells "same or not" inside it, and nothing outside.
const fingerprintKey = randomBytes(32);

/** A short keyed hash of a credential, to tell two apart in a key without carrying either. */
export function fingerprint(...secrets: readonly (string | undefined)[]): string {
  const hmac = createHmac("sha256", fingerprintKey);
  for (const secret of secrets) hmac.update(secret === undefined ? "u" : `s${String(secret.length)}:${secret}`);
  return hmac.digest("hex").slice(0, 16);
}
