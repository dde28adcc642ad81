import { type Messages } from "../connection/messages.js";
import { type Types } from "../connection/row-reader.js";
import { type SharedStatement } from "./statement.js";

/** The connection that a statement is sent on, as far as the statement knows it. */
export interface StatementRoute {
  readonly messages: Messages;
  readonly types: Types;
  /** The messages of a statement have been put. */
  sent(): void;
  /** The server has answered, and said that it waits for the next. */
  answered(statement: SharedStatement): void;
  /** It answered with an error, or the connection broke. */
  refused(statement: SharedStatement, error: unknown): void;
}
