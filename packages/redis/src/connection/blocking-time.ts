import { type Command } from "ioredis";
import { wordOf } from "../commands/rules.js";

const FIRST = new Set(["bzmpop", "blmpop"]);
const OPTION = new Set(["xread", "xreadgroup"]);
const MILLISECONDS = new Set(["wait", "waitaof"]);

/** How long a blocking command may keep its connection, in ms; Infinity where it waits for ever. */
export function blockingTime(command: Command): number {
  const name = command.name.toLowerCase();
  const last = command.args.length - 1;
  if (OPTION.has(name)) return forEver(Number(wordOf(command, blockOption(command) + 1)));
  if (MILLISECONDS.has(name)) return forEver(Number(wordOf(command, last)));
  return forEver(Number(wordOf(command, FIRST.has(name) ? 0 : name === "blmovem" ? 4 : last)) * 1_000);
}

function blockOption(command: Command): number {
  return command.args.findIndex((_, index) => wordOf(command, index) === "block");
}

// What is no number, the server refuses at once.
function forEver(ms: number): number {
  return ms === 0 ? Infinity : Number.isNaN(ms) ? 0 : ms;
}
