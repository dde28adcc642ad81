import { createHmac, randomBytes } from "node:crypto";

/** What stands in a dump where a secret was. */
export const REDACTED = "[redacted]";

const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|private[-_]?key|^key$|^pfx$|auth(?!ority|ors?$|ori[sz]ed)/i;

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
  return text.replace(USER_INFO, `$1${REDACTED}@`).replace(PARAMETER, `$1${REDACTED}`);
}

// Up to the last @ before the path. A password that should have had its /, ? or # encoded and has not is known by the colon before it, where
// no port follows.
const USER_INFO =
  /([a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/?#]+|[^\s/?#@:]*:(?!\d{1,5}(?:[/?#,;"'\s)\]}>]|$))\S{1,512})@/gi;

const PARAMETER =
  /((?:password|passwd|passphrase|pwd|secret|token|api[-_]?key)(?:=|["']?\s{0,5}:\s{0,5}(?=["'])))(?:"[^"]*"?|'[^']*'?|[^\s&;]+)/gi;

// Lives as long as the process: a fingerprint tells "same or not" inside it, and nothing outside.
const fingerprintKey = randomBytes(32);

/** A short keyed hash of a credential, to tell two apart in a key without carrying either. */
export function fingerprint(...secrets: readonly (string | undefined)[]): string {
  const hmac = createHmac("sha256", fingerprintKey);
  for (const secret of secrets) hmac.update(secret === undefined ? "u" : `s${String(secret.length)}:${secret}`);
  return hmac.digest("hex").slice(0, 16);
}
