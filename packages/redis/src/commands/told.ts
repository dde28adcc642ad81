import { type ToldStatement } from "@pool/core";
import { type Command } from "ioredis";
import { nameOf } from "../shared/outgoing.js";
import { type CommandOptions } from "./sender.js";

/** What listeners are told of a command: its name, and nothing that it was called with. */
export function told(pool: string, command: Command, { label }: CommandOptions): ToldStatement {
  return { pool, leaseId: undefined, label, statement: nameOf(command) };
}
