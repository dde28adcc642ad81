import { invalidArgument, statementsHeard, tellStatement } from "@pool/core";
import { type Command } from "ioredis";
import { type CommandOptions, type Sender } from "./sender.js";
import { told } from "./told.js";
import { routeOf } from "./rules.js";

/** The commands of one pipeline or MULTI. On a connection of all callers they must be whole: a MULTI without its EXEC would take in others' commands. */
export class Batch {
  readonly #names: string[];
  readonly #commands: Command[] = [];
  #sendOne: ((command: Command) => void) | undefined;

  /** @param before the names of those that were sent before it began to be told */
  constructor(before: readonly string[]) {
    this.#names = [...before];
  }

  add(command: Command): void {
    this.#names.push(command.name.toLowerCase());
    this.#commands.push(command);
  }

  /** Called with each, in turn, when it is executed. */
  send(command: Command, sender: Sender, options: CommandOptions): void {
    this.#sendOne ??= this.#begin(sender, options);
    this.#sendOne(command);
    if (!statementsHeard()) return;
    const work = (): Promise<unknown> => command.promise as Promise<unknown>;
    tellStatement(told(sender.name, command, options), work).catch(() => undefined); // told to whom executes it
  }

  #begin(sender: Sender, options: CommandOptions): (command: Command) => void {
    const problem = this.#problem();
    if (problem === undefined) return sender.batch(options);
    return (command) => command.reject(invalidArgument(`this pipeline is not for the shared connection: ${problem}`));
  }

  #problem(): string | undefined {
    let inTransaction = false;
    const first = this.#names.length - this.#commands.length;
    for (const [index, name] of this.#names.entries()) {
      if (name === "multi" || name === "exec" || name === "discard") {
        if ((name === "multi") === inTransaction) return `${name.toUpperCase()} has no counterpart`;
        inTransaction = !inTransaction;
        continue;
      }
      const command = this.#commands[index - first];
      const route = command === undefined ? "shared" : routeOf(command);
      if (route === "session") return `${name.toUpperCase()} needs a connection of its own: use client.use(…)`;
      // Inside of MULTI nothing blocks.
      if (route === "blocking" && !inTransaction) return `${name.toUpperCase()} would keep everybody waiting`;
    }
    return inTransaction ? "MULTI has no EXEC" : undefined;
  }
}
