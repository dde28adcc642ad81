import { type Link } from "./link.js";
import { type SharedStatement } from "./statement.js";

/** `checking`: idle for so long that it has to answer first. `retired`: takes nothing more, and ends when all on it are answered. */
export type LinkState = "active" | "checking" | "retired" | "ended";

/** Who owns the links. */
export interface LinkOwner {
  readonly name: string;
  readonly statementCache: number;
  /** How long the next connection is to live, in ms. */
  lifetime(): number;
  now(): number;
  /** It takes one statement more than before. */
  freed(link: Link): void;
  /** A statement that was certainly not carried out is to be sent again. */
  repeat(statement: SharedStatement): void;
  /** Its server, or its session, takes no writes. */
  readOnly(link: Link): void;
  /** It takes no statement any more; `cause` unless that was wanted. */
  ended(link: Link, cause?: unknown): void;
}
