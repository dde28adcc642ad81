import type { Connector, OptionSpec } from "@pool/core";

/** Makes a connector from its options, as every adapter's main function does. */
export type MakeConnector<C extends Connector = Connector> = (options: never) => C;

/** An adapter, with what it can tell of its options. */
export interface FactoryEntry<C extends Connector = Connector> {
  readonly create: MakeConnector<C>;
  /** The adapter's table of options: types what comes from the environment, and knows names however they are written. */
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Options that hold a path, which is relative to the file that says so. @default ["file"] */
  readonly paths?: readonly string[];
}

/** What the `kind` of a connector is looked up in. */
export type Factories = Readonly<Record<string, MakeConnector | FactoryEntry>>;

/** The connector that a factory makes. */
export type MadeBy<F> = F extends MakeConnector<infer C> ? C : F extends FactoryEntry<infer C> ? C : never;

const PATHS = ["file"];

export interface Factory {
  readonly create: (options: object) => Connector;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly paths: readonly string[];
}

/** A factory with its defaults filled in. */
export function factoryOf(given: MakeConnector | FactoryEntry): Factory {
  const entry = typeof given === "function" ? { create: given } : given;
  // Options from outside are `unknown` to any factory; each checks its own.
  return {
    create: entry.create as (options: object) => Connector,
    options: entry.options ?? {},
    paths: entry.paths ?? PATHS,
  };
}
