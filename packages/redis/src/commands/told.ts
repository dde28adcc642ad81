import { type ToldStatement } from "@pool/core";
import { type Command } from "ioredis";
import { nameOf } from "../shared/outgoing.js";
import { type CommandOptions } from "./sender.js";

/** What listeners are told of a command: its name, and what it was called with only where they have asked for that. */
export function told(pool: string, command: Command, { label }: CommandOptions): ToldStatement {
  return { pool, leaseId: undefined, label, statement: nameOf(command), values: command.args };
}
