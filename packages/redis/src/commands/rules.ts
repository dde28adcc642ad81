import { type Command } from "ioredis";

/**
 * `shared` goes over the connection of all callers · `blocking` keeps a connection until something happens · `session` changes a connection, or belongs
 * to a life of its own.
 */
export type CommandRoute = "shared" | "blocking" | "session";

const BLOCKING = "blpop brpop brpoplpush blmove blmovem bzpopmin bzpopmax bzmpop blmpop wait waitaof".split(" ");
const SESSION = [
  "multi exec discard watch unwatch select auth hello reset quit monitor sync psync replconf asking readonly readwrite",
  "subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe failover shutdown",
]
  .join(" ")
  .split(" ");
/** By their second word. */
const SESSION_OF_CLIENT = "reply tracking caching setname setinfo no-evict no-touch".split(" ");

const routes = new Map<string, (command: Command) => CommandRoute>([
  ...BLOCKING.map((name) => [name, () => "blocking"] as const),
  ...SESSION.map((name) => [name, () => "session"] as const),
  ["xread", byBlockOption],
  ["xreadgroup", byBlockOption],
  ["client", bySubcommand],
  ["script", (command) => (wordOf(command, 0) === "debug" ? "session" : "shared")],
]);

/** Names that no rule is for, as they were written: most commands, and asked for each. */
const plain = new Set<string>();
const MOST_PLAIN = 1_000;

/** Where a command goes. */
export function routeOf(command: Command): CommandRoute {
  const { name } = command;
  if (plain.has(name)) return "shared";
  // ioredis writes the names of its methods small; `call` takes them as they are written.
  const rule = routes.get(name.toLowerCase());
  if (rule !== undefined) return rule(command);
  if (plain.size < MOST_PLAIN) plain.add(name);
  return "shared";
}

/** An argument as a small word; empty for what is none. */
export function wordOf(command: Command, index: number): string {
  const word: unknown = command.args[index];
  return typeof word === "string" || Buffer.isBuffer(word) ? word.toString().toLowerCase() : "";
}

function bySubcommand(command: Command): CommandRoute {
  return SESSION_OF_CLIENT.includes(wordOf(command, 0)) ? "session" : "shared";
}

// BLOCK comes before STREAMS, behind which there are only keys and ids.
function byBlockOption(command: Command): CommandRoute {
  for (let index = 0; index < command.args.length; index++) {
    const word = wordOf(command, index);
    if (word === "block") return "blocking";
    if (word === "streams") break;
  }
  return "shared";
}
