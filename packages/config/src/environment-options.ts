import { type OptionTable, readOptions } from "@pool/core";
import { isObjectOf } from "./object-of.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What {@link loadEnvironment} takes. */
export interface EnvironmentOptions {
  /** Which environment this is: chooses the files. */
  readonly environment: string;
  /** The folder of the files. @default the working directory */
  readonly folder?: string;
  /** What was set outside, which wins over every file. @default process.env */
  readonly env?: Environment;
}

const NAME = 'a name of letters, digits, "-" and "_" such as "production", and not "local"';
const VARIABLES = "an object from name to text";

/** The options of {@link loadEnvironment} as a table, which checks and documents them. */
export const environmentOptions = {
  environment: {
    type: "custom",
    required: true,
    shape: NAME,
    check: (value) => (isEnvironmentName(value) ? undefined : NAME),
    doc: "Which environment this is: chooses the files",
  },
  folder: { type: "string", default: ".", doc: "The folder of the files" },
  env: {
    type: "custom",
    shape: VARIABLES,
    check: (value) => (isObjectOf(value, isTextOrNothing) ? undefined : VARIABLES),
    doc: "What was set outside, which wins over every file. Default: `process.env`",
  },
} satisfies OptionTable<EnvironmentOptions>;

type Given = EnvironmentOptions & { readonly folder: string };

/** The options with their defaults. @throws PoolError `INVALID_OPTIONS` */
export function readEnvironmentOptions(options: unknown): Required<EnvironmentOptions> {
  // The table's checks and defaults are what makes this true.
  const given = readOptions(environmentOptions, options, "loadEnvironment") as unknown as Given;
  return { ...given, env: given.env ?? process.env };
}

// The name becomes part of a file's name; "local" would be a file that has a meaning already.
function isEnvironmentName(value: unknown): boolean {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value) && value !== "local";
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
