import type { Connector, ResourceFactory, SqlDriver } from "@pool/core";

/** One fresh factory of an adapter, as {@link AdapterUnderTest.factory} makes it for each check. */
export interface FactoryUnderTest<R> {
  readonly factory: ResourceFactory<R>;
  /** How core runs statements on such a resource. With it, the checks of busy, cancelled and lost statements run. */
  readonly driver?: SqlDriver<R>;
  /** Called when the check is over and its resources are closed. */
  dispose?(): unknown;
}

/** Something that a borrower can leave behind in a resource, and that `reset` has to undo: a setting, a temporary table, a subscription. */
export interface SessionState<R> {
  /** Leaves it behind. */
  leave(resource: R): unknown;
  /** Asks the backend whether it is there. */
  isThere(resource: R): boolean | PromiseLike<boolean>;
}

/** What the SQL checks need to know of a dialect; everything else that they say is standard SQL. */
export interface SqlUnderTest {
  /** A statement that runs for at least 30 s unless it is cancelled, and holds no lock that the other checks need. */
  readonly slow: string;
  /** How the n-th bound value (from 1) is written. @default () => "?" */
  placeholder?(n: number): string;
  /** The column type of a whole number. @default "integer" */
  readonly integer?: string;
  /** The column type of any text. @default "text" */
  readonly text?: string;
}

/**
 * An adapter, as the contract sees it. `factory` and `connector` are asked for anew by every check; each call takes the same options and
 * points at the same, reachable backend. What is left out below leaves out the checks that need it: {@link uncheckedPromises} lists those.
 */
export interface AdapterUnderTest<R = unknown, C = unknown> {
  factory(): FactoryUnderTest<R> | PromiseLike<FactoryUnderTest<R>>;
  connector(): Connector<C>;
  /** A connector that cannot connect: a port where nobody listens, a file in no folder. */
  badConnector?(): Connector<C>;
  /** Makes what `badConnector` connects to reachable, so that its next attempt succeeds. May resolve with what undoes that. */
  repair?(): unknown;
  /** The same place as `connector`, and other credentials. Never connected. */
  otherCredentials?(): Connector<C>;
  /** How many resources the backend has open for this test. The most telling hook: with it, leaks are found. */
  openCount?(): number | PromiseLike<number>;
  /** Kills a resource from behind, as a crash or a cut cable would. */
  breakResource?(resource: R): unknown;
  /** Is that noticed while the resource lies idle, so that the factory calls `lost`? @default true */
  readonly noticesLoss?: boolean;
  /** Takes the backend away until the function that it resolves with brings it back. */
  outage?(): (() => unknown) | PromiseLike<() => unknown>;
  /** Does its connector tell of the loss of its backend by itself (`lost`), before anybody checks? With `outage`. @default false */
  readonly tellsLoss?: boolean;
  /** Leaves a transaction open in a resource. @default what the factory's `driver` says */
  openTransaction?(resource: R): unknown;
  /** What else a borrower can leave behind, by name: `{ "a changed setting": { … } }`. */
  readonly sessionState?: Readonly<Record<string, SessionState<R>>>;
  /** Turns on the SQL checks; `connector().client` is then an `SqlClient`. */
  readonly sql?: SqlUnderTest;
  /** Passwords and tokens in the options of the connectors above. They must appear nowhere. */
  readonly secrets?: readonly string[];
  /** Longest time in ms for anything that has to settle. A check that waits longer fails. @default 5_000 */
  readonly patience?: number;
}

/** The hooks that a check can need. */
export type Hook = Exclude<keyof AdapterUnderTest, "factory" | "connector" | "noticesLoss" | "patience">;
