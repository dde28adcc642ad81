import { type OptionSpec, redact, REDACTED } from "@pool/core";

/** Is this the name of something that must not be shown? */
export function isSecretName(name: string): boolean {
  return (redact({ [name]: "value" }) as Readonly<Record<string, unknown>>)[name] === REDACTED;
}

/** Is this the name of a variable that must not be shown? One that tells where a secret lies, as `DB_PASSWORD_FILE` does, may be. */
export function isSecretVariable(name: string): boolean {
  // The shell's PWD is no password.
  return isSecretName(name) && !/^(?:OLD)?PWD$|_(?:DIR|DIRECTORY|FILE|PATH)$/.test(name);
}

/** A text that comes from the environment, as what its target takes. What it cannot be stays text, for the target to refuse. */
export function coerce(
  text: string,
  name: string,
  spec: OptionSpec | undefined,
  like: "string" | "number" | "boolean" | undefined,
): unknown {
  switch (spec?.type) {
    case "integer":
    case "number":
    case "duration":
      return asNumber(text) ?? text;
    case "boolean":
      return asBoolean(text) ?? text;
    case "string":
    case "enum":
    case "function":
      return text;
    case "custom":
      return spec.secret === true ? text : guess(text);
    case undefined:
      return coerceLike(text, name, like);
  }
}

function coerceLike(text: string, name: string, like: "string" | "number" | "boolean" | undefined): unknown {
  if (like === "string" || isSecretName(name)) return text;
  if (like === "number") return asNumber(text) ?? text;
  if (like === "boolean") return asBoolean(text) ?? text;
  return guess(text);
}

/** Nobody says what it is: a number, true, false, and what begins as JSON does are that; quotes keep a number text. */
function guess(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text)) return Number(text);
  return /^\s*["[{]/.test(text) ? asJson(text) : text;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function asNumber(text: string): number | undefined {
  if (text === "Infinity") return Infinity;
  return /^[+-]?\d{1,15}(?:\.\d{1,15})?(?:e\d{1,3})?$/i.test(text) ? Number(text) : undefined;
}

function asBoolean(text: string): boolean | undefined {
  if (/^(?:true|yes|on|1)$/i.test(text)) return true;
  return /^(?:false|no|off|0)$/i.test(text) ? false : undefined;
}
