import { type ResolvedPoolOptions } from "@pool/core";
import { type Dialer } from "../connect/dialer.js";
import { type ResolvedSharedOptions } from "./options.js";

/** What the connector's pool has set, and shared connections keep to as well. */
export type SharedPoolOptions = Pick<
  ResolvedPoolOptions,
  | "clock"
  | "random"
  | "connectTimeout"
  | "validateTimeout"
  | "validateIfIdleFor"
  | "closeTimeout"
  | "maxLifetime"
  | "lifetimeJitter"
>;

/** What a dispatcher is made with; all resolved, all times in ms. */
export interface DispatcherOptions extends ResolvedSharedOptions, SharedPoolOptions {
  readonly name: string;
  readonly dialer: Dialer;
  /** Texts that each connection keeps prepared; 0 where names are not possible. */
  readonly statementCache: number;
}
