import { inspect } from "node:util";
import { isPoolError, PoolError } from "../errors.js";
import { REDACTED, redact } from "../redact.js";

// Shorter ones are found in any text, and replacing them would only make it unreadable.
const SHORTEST_SECRET = 3;
const DEEPEST = 8;

/** The secret texts in some options: what `redact` would hide, and the user-info of URLs, as written and decoded. */
export function secretTexts(options: unknown, secretNames: ReadonlySet<string> = new Set()): readonly string[] {
  const found = new Set<string>();
  collect(options, redact(options, secretNames), found, 0);
  // The longest first, so that a secret within another leaves nothing of the longer one behind.
  return [...found].flatMap(formsOf).sort((a, b) => b.length - a.length);
}

/** As drivers write it: as it is, in a URL, and in base64 (of a header or a SASL message). */
function formsOf(text: string): string[] {
  if (text.length < SHORTEST_SECRET) return [];
  const forms = new Set([text, percentEncoded(text), new URLSearchParams([["", text]]).toString().slice(1)]);
  // A base64 of three characters or less, without its padding, would be found anywhere.
  for (const encoding of ["base64", "base64url"] as const) {
    const encoded = Buffer.from(text).toString(encoding).replace(/=+$/, "");
    if (text.length > SHORTEST_SECRET) forms.add(encoded);
  }
  return [...forms];
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function collect(value: unknown, shown: unknown, found: Set<string>, depth: number): void {
  if (typeof value === "string") {
    if (shown === REDACTED) found.add(value);
    for (const text of urlSecretsOf(value)) found.add(text);
  } else if (typeof value === "object" && value !== null && depth < DEEPEST && !ArrayBuffer.isView(value)) {
    if (value instanceof URL) collect(value.href, shown, found, depth + 1);
    for (const pair of loginsOf(value)) found.add(pair);
    for (const [name, item] of Object.entries(value)) {
      const itemShown = shown === REDACTED ? REDACTED : (shown as Readonly<Record<string, unknown>>)[name];
      collect(item, itemShown, found, depth + 1);
    }
  }
}

/** "user:password", whose base64 is what an Authorization header carries. */
function loginsOf(value: object): string[] {
  const { user, username, password } = value as Readonly<Record<string, unknown>>;
  const name = user ?? username;
  return typeof name === "string" && typeof password === "string" ? [`${name}:${password}`] : [];
}

// By searching for marks and not by one pattern, which would look at a long text again from each of its "://".
function urlSecretsOf(text: string): string[] {
  const found: string[] = [];
  for (const piece of text.split(/[\s,?#&]/)) {
    const begin = piece.indexOf("://");
    const end = piece.lastIndexOf("@");
    const parameter = /^(?:password|passwd|pwd|secret|token)=(.+)$/i.exec(piece)?.[1];
    if (parameter !== undefined) found.push(parameter);
    if (begin === -1 || end < begin + 3) continue;
    const userInfo = piece.slice(begin + 3, end);
    found.push(userInfo, userInfo.split(":").map(decoded).join(":"), userInfo.slice(userInfo.indexOf(":") + 1));
  }
  return found.flatMap((secret) => [secret, decoded(secret)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The error itself when none of `secrets` shows in it, its causes or its fields; else a copy without them, which keeps name, code and cause.
 * Drivers put connection strings and commands into their errors.
 */
export function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  return shows(error, secrets) ? cleanCopy(error, secrets, 0) : error;
}

/** `text` with every secret replaced. */
export function cleanText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, REDACTED), text);
}

function shows(error: unknown, secrets: readonly string[]): boolean {
  if (secrets.length === 0) return false;
  const text = inspect(error, {
    depth: DEEPEST,
    // A field that is not enumerable is read all the same by who looks for it.
    showHidden: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
    breakLength: Infinity,
  });
  // In fields, `inspect` shows a text quoted and escaped.
  return secrets.some((secret) => text.includes(secret) || text.includes(inspect(secret).slice(1, -1)));
}

function cleanCopy(error: unknown, secrets: readonly string[], depth: number): unknown {
  if (!(error instanceof Error) || depth >= DEEPEST)
    return cleanText(error instanceof Error ? error.message : inspect(error), secrets);
  const message = cleanText(error.message, secrets);
  const options = error.cause === undefined ? {} : { cause: cleanCopy(error.cause, secrets, depth + 1) };
  const copy = isPoolError(error)
    ? new PoolError(error.code, message, options)
    : plainCopy(error, message, options, secrets, depth);
  if (error.stack !== undefined) copy.stack = cleanText(error.stack, secrets);
  return copy;
}

function plainCopy(
  error: Error,
  message: string,
  options: ErrorOptions,
  secrets: readonly string[],
  depth: number,
): Error {
  const copy =
    error instanceof AggregateError
      ? new AggregateError(
          error.errors.map((item) => cleanCopy(item, secrets, depth + 1)),
          message,
          options,
        )
      : new Error(message, options);
  copy.name = error.name;
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" || typeof code === "number" ? Object.assign(copy, { code }) : copy;
}
