import { readKeys, readLabel, readLimit, readName, readSignal } from "@pool/core";
import { Command, type RedisValue } from "ioredis";
import { type CommandOptions } from "./sender.js";

export interface CallOptions extends CommandOptions {
  /** Bulk replies as Buffers. @default false, as strings */
  readonly buffers?: boolean;
}

/** What follows the name of a command: its arguments, and options behind them. */
export type CallArguments = readonly [...args: RedisValue[], options: CallOptions] | readonly RedisValue[];

const KEYS = ["timeout", "signal", "label", "buffers"];

/** The command of a call, and how it is sent. @throws PoolError `INVALID_ARGUMENT` */
export function readCall(
  name: string,
  given: CallArguments,
): { readonly command: Command; readonly options: CallOptions } {
  readName("call: command", name);
  const last = given.at(-1);
  const hasOptions = typeof last === "object" && !Buffer.isBuffer(last) && (last as unknown) !== null;
  const options: CallOptions = hasOptions ? readCommandOptions("call", last) : {};
  const args = (hasOptions ? given.slice(0, -1) : given) as RedisValue[]; // options are the last, if there are any
  const replyEncoding = options.buffers === true ? null : "utf8";
  return { command: new Command(name, args, { replyEncoding }), options };
}

/** Checks how commands are to be sent. @throws PoolError `INVALID_ARGUMENT` */
export function readCommandOptions(call: string, given: CallOptions): CallOptions {
  readKeys(call, given, KEYS);
  readLimit(`${call}: timeout`, given.timeout);
  readSignal(`${call}: signal`, given.signal);
  readLabel(`${call}: label`, given.label);
  return given;
}
