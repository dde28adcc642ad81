import { inspect } from "node:util";
import { isPoolError, PoolError } from "../errors.js";
import { REDACTED, redact } from "../redact.js";
import { SECRET_PARAMETER } from "../secret-names.js";
import { userInfosIn } from "../user-info.js";
import { inspected, secretForms } from "./secret-forms.js";

const DEEPEST = 8;

/** The secret texts in some options, in every form: what `redact` would hide, and the user-info of URLs, as written and decoded. */
export function secretTexts(options: unknown, secretNames: ReadonlySet<string> = new Set()): readonly string[] {
  const found = new Set<string>();
  collect(options, redact(options, secretNames), found, 0);
  return secretForms(found);
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

function urlSecretsOf(text: string): string[] {
  const found: string[] = [];
  for (const { begin, end } of userInfosIn(text)) {
    const userInfo = text.slice(begin, end);
    found.push(userInfo, userInfo.split(":").map(decoded).join(":"), userInfo.slice(userInfo.indexOf(":") + 1));
  }
  for (const piece of text.split(/[\s,?#&]/)) {
    const parameter = PARAMETER.exec(piece)?.[1];
    if (parameter !== undefined) found.push(parameter);
  }
  return found.flatMap((secret) => [secret, decoded(secret)]);
}

const PARAMETER = new RegExp(`(?:${SECRET_PARAMETER})=(.+)$`, "i");

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
  return secrets.some((secret) => text.includes(secret) || text.includes(inspected(secret)));
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
