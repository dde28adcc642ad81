import { invalidArgument, statementsHeard, tellStatement } from "@pool/core";
import { type ChainableCommander, type Command, Redis } from "ioredis";
import { inspect } from "node:util";
import { nameOf } from "../shared/outgoing.js";
import { Batch } from "./batch.js";
import { type CommandOptions, type Sender } from "./sender.js";
import { shortenMethods } from "./text-methods.js";
import { told } from "./told.js";
import { routeOf } from "./rules.js";

// Symbols and not private fields: `with` makes an object that inherits all but the options.
const SENDER = Symbol("sender");
const HOW = Symbol("how");
const BATCH = Symbol("batch");

type Stream = Parameters<Redis["sendCommand"]>[1];

/** The methods of ioredis over the shared connection. It is never connected itself: it only makes commands, and hands them on. */
export class SharedRedis extends Redis {
  readonly [SENDER]: Sender;
  readonly [HOW]: CommandOptions = {};
  [BATCH]: Batch | undefined;

  constructor(sender: Sender) {
    super({ lazyConnect: true, enableOfflineQueue: false });
    this[SENDER] = sender;
  }

  /** The same methods, each of whose commands is sent with these options. */
  with(options: CommandOptions): SharedRedis {
    // It is one, by its prototype: everything but the options is inherited.
    return Object.create(this, { [HOW]: { value: { ...this[HOW], ...options } } }) as SharedRedis;
  }

  override sendCommand(command: Command, stream?: Stream): unknown {
    if (stream === undefined) return sendFor(this[SENDER], command, this[HOW]);
    const batch = this[BATCH];
    if (batch === undefined) command.reject(refused("a pipeline that was not made by its methods"));
    else batch.send(command, this[SENDER], this[HOW]);
    return command.promise;
  }

  override pipeline(commands?: unknown[][]): ChainableCommander {
    return gathered(this, super.pipeline(), commands, []);
  }

  override multi(options: { pipeline: false }): Promise<"OK">;
  override multi(given?: { pipeline: true } | unknown[][]): ChainableCommander;
  override multi(given?: unknown[][] | { pipeline: boolean }): ChainableCommander | Promise<"OK"> {
    const commands = Array.isArray(given) ? given : undefined;
    if (given !== undefined && commands === undefined && "pipeline" in given && !given.pipeline)
      return Promise.reject(refused("MULTI"));
    return gathered(this, super.multi(), commands, ["multi"]);
  }

  override connect(): Promise<void> {
    return Promise.reject(invalidArgument("the shared connection is the connector's: connect that"));
  }

  override duplicate(): never {
    throw invalidArgument(
      "the shared connection has no options to duplicate; client.ioredis() gives a client that has",
    );
  }

  override monitor(): Promise<never> {
    return Promise.reject(refused("MONITOR"));
  }

  [inspect.custom](): string {
    return "RedisCommands {}";
  }

  toJSON(): Record<string, never> {
    return {};
  }
}

shortenMethods(SharedRedis);

/** Sends one command where it belongs, and tells of it. */
export function sendFor(sender: Sender, command: Command, options: CommandOptions): Promise<unknown> {
  if (!statementsHeard()) return route(sender, command, options);
  return tellStatement(told(sender.name, command, options), () => route(sender, command, options));
}

function route(sender: Sender, command: Command, options: CommandOptions): Promise<unknown> {
  const where = routeOf(command);
  if (where === "shared") sender.submit(command, options);
  else if (where === "blocking") sender.submitBlocking(command, options);
  else command.reject(refused(nameOf(command)));
  return command.promise as Promise<unknown>;
}

/** Its commands are written down, so that all of them can be looked at before the first is sent. */
function gathered(
  redis: SharedRedis,
  made: ChainableCommander,
  commands: unknown[][] | undefined,
  before: readonly string[],
): ChainableCommander {
  const pipeline = made as unknown as GatheredPipeline; // ioredis types only what users call
  const batch = new Batch(before);
  const { sendCommand, exec } = pipeline;
  pipeline.sendCommand = (command) => {
    batch.add(command);
    return sendCommand.call(pipeline, command);
  };
  pipeline.exec = (callback) => {
    redis[BATCH] = batch;
    try {
      return exec.call(pipeline, callback);
    } finally {
      redis[BATCH] = undefined;
    }
  };
  if (commands !== undefined) pipeline.addBatch(commands);
  return made;
}

interface GatheredPipeline {
  sendCommand(command: Command): unknown;
  exec(callback?: unknown): unknown;
  addBatch(commands: unknown[][]): void;
}

function refused(what: string): Error {
  return invalidArgument(`${what} needs a connection of its own, and is not for the shared one: use client.use(…)`);
}
