import { type Command } from "ioredis";
import { type SendOptions } from "../shared/dispatcher-options.js";

/** How one command is sent. */
export interface CommandOptions extends SendOptions {
  /** Longest time for it, the wait for a connection included, in ms. @default the option `commandTimeout` */
  readonly timeout?: number;
  /** Gives it up and rejects with the signal's reason. What was sent may still be carried out. */
  readonly signal?: AbortSignal;
  /** Names it in events. */
  readonly label?: string;
}

/** What sends commands. */
export interface Sender {
  readonly name: string;
  submit(command: Command, options: SendOptions): void;
  batch(options: SendOptions): (command: Command) => void;
  /** Over a connection of its own. */
  submitBlocking(command: Command, options: CommandOptions): void;
}
