import { invalidOptions, type OptionTable, readOptions } from "@pool/core";
import { type Environment, environmentOptions } from "./environment-options.js";
import type { Factories, MadeBy } from "./factories.js";
import { isObjectOf } from "./object-of.js";

/** The connectors that a program needs, each with the kind, or kinds, that it may be. */
export type Expected<F extends Factories = Factories> = Readonly<
  Record<string, (keyof F & string) | readonly (keyof F & string)[]>
>;

/** What {@link loadConnectors} takes. */
export interface LoadOptions<
  F extends Factories = Factories,
  E extends Expected<F> | undefined = Expected<F> | undefined,
> {
  /** What makes the connectors, by kind. */
  readonly factories: F;
  /** A JSON or YAML file, or several, each over the ones before. */
  readonly file?: string | readonly string[];
  /** The connectors that must be there, and of which kind; types the result by name. */
  readonly expect?: E;
  /** Where variables are looked up. @default process.env */
  readonly env?: Environment;
  /** How the variables begin that set options; false for none. @default "POOL_" */
  readonly prefix?: string | false;
  /** Reads the env files of this environment as well. */
  readonly environment?: string;
  /** The folder of the env files. @default the working directory */
  readonly envFolder?: string;
}

type KindsOf<K> = K extends readonly (infer One)[] ? One : K;

/** The connectors by name: those expected with their types, or any names with the types of all factories. */
export type Loaded<F extends Factories, E> = [E] extends [Expected<F>]
  ? { [N in keyof E]: MadeBy<F[KindsOf<E[N]> & keyof F]> }
  : Record<string, MadeBy<F[keyof F]>>;

/** The options of {@link loadConnectors} as a table, which checks and documents them. */
export const loadOptions: OptionTable<LoadOptions> = {
  factories: {
    type: "custom",
    required: true,
    shape: "an object from kind to factory",
    check: (value) => (isObjectOf(value, isFactory) ? undefined : "an object from kind to factory"),
    doc: "What makes the connectors, by kind",
  },
  file: {
    type: "custom",
    shape: "a path, or a list of paths",
    check: (value) => ([value].flat().every(isText) ? undefined : "a path, or a list of paths"),
    doc: "A JSON or YAML file, or several, each over the ones before",
  },
  expect: {
    type: "custom",
    shape: "an object from name to kind, or to a list of kinds",
    check: (value) => (isObjectOf(value, isKinds) ? undefined : "an object from name to kind, or to a list of kinds"),
    doc: "The connectors that must be there, and of which kind; types the result by name",
  },
  env: { ...environmentOptions.env, doc: "Where variables are looked up. Default: `process.env`" },
  prefix: {
    type: "custom",
    default: "POOL_",
    shape: "a text that is not empty, or false",
    // An empty one would take in the whole environment.
    check: (value) => (value === false || isText(value) ? undefined : "a text that is not empty, or false"),
    doc: "How the variables begin that set options; false for none",
  },
  environment: {
    ...environmentOptions.environment,
    required: false,
    doc: "Reads the env files of this environment as well",
  },
  envFolder: { type: "string", default: ".", doc: "The folder of the env files" },
};

/** The options with their defaults. @throws PoolError `INVALID_OPTIONS` */
export function readLoadOptions(
  options: unknown,
): LoadOptions & { readonly prefix: string | false; readonly envFolder: string } {
  // The table's checks and defaults are what makes this true.
  const given = readOptions(loadOptions, options, "loadConnectors") as unknown as ReturnType<typeof readLoadOptions>;
  const known = Object.keys(given.factories);
  const problems = Object.entries(given.expect ?? {}).flatMap(([name, kinds]) =>
    [kinds]
      .flat()
      .filter((kind) => !known.includes(kind))
      .map((kind) => `expect.${name} names the kind ${JSON.stringify(kind)}; known are ${known.join(", ")}`),
  );
  if (problems.length > 0) throw invalidOptions("loadConnectors", problems);
  return given;
}

function isFactory(value: unknown): boolean {
  return typeof value === "function" || typeof (value as { create?: unknown } | null)?.create === "function";
}

function isKinds(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
