import { trackStatement } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { type Method, type Protocol } from "../wire/protocol.js";
import { type RpcError } from "../wire/rpc-error.js";
import { Call } from "./call.js";
import { callFailed, callTimedOut, disconnected, loginFailed, saysNoLeader, verdictOn } from "./failures.js";
import { type CallOwner, type How } from "./how.js";
import { CallQueue, type QueueOptions } from "./queue.js";
import { type Tokens } from "./tokens.js";

export interface CallsOptions extends QueueOptions {
  readonly protocol: Protocol;
  readonly tokens: Tokens;
}

/** Before a call is tried again that a server has answered, in ms; one whose connection broke waits for the next connection only. */
const PAUSE = 50;
const MOST_LOGINS = 3;

/** All calls of one client: within their deadlines, bounded in number, and repeated only where that does no harm. */
export class Calls implements CallOwner {
  readonly name: string;
  readonly protocol: Protocol;
  readonly #options: CallsOptions;
  readonly #queue: CallQueue;
  #state: "open" | "closing" | "closed" = "open";

  constructor(options: CallsOptions) {
    this.name = options.name;
    this.protocol = options.protocol;
    this.#options = options;
    this.#queue = new CallQueue(options, (call, connection) => this.#start(call, connection));
    options.channel.onMove((from) => this.#move(from));
  }

  get inFlight(): number {
    return this.#queue.running.size;
  }

  get waiting(): number {
    return this.#queue.waiting.size;
  }

  /** @throws PoolError `COMMAND_TIMEOUT`, `UNAVAILABLE`, `QUEUE_FULL`, `OUTCOME_UNKNOWN`, and what the server says; or the signal's reason */
  run<Q, A>(method: Method<Q, A>, request: Q, how: How): Promise<A> {
    return trackStatement(this.name, how.command, how.label, () => this.#run(method, request, how));
  }

  /** From now on nothing new is taken, but for what lets go of something. */
  refuse(): void {
    this.#state = "closing";
  }

  /** What is under way may end within `timeout` ms, and then is rejected. */
  async close(timeout: number): Promise<void> {
    await this.#queue.settled(timeout);
    this.#state = "closed";
    for (const call of this.#queue.all()) this.#drop(call, disconnected(this.name, call.how.command, call.maybeSent));
  }

  async #run<Q, A>(method: Method<Q, A>, request: Q, how: How): Promise<A> {
    how.signal?.throwIfAborted();
    if (this.#state === "closed" || (this.#state === "closing" && how.whileClosing !== true))
      throw disconnected(this.name, how.command, false);
    const call = new Call(how, (connection, headers) => connection.call(method, request, headers), this);
    this.#queue.place(call);
    return (await call.reply) as A; // of this method
  }

  timedOut(call: Call): void {
    const { command, timeout, signal } = call.how;
    if (signal?.aborted === true) return this.#drop(call, signal.reason);
    const cause = call.lastError ?? this.#options.channel.down?.cause;
    this.#drop(call, callTimedOut(this.name, { command, timeout, sent: call.maybeSent, cause }));
  }

  answered(call: Call): void {
    this.#queue.remove(call);
    this.#queue.serve();
  }

  failed(call: Call, error: RpcError): void {
    this.#queue.remove(call);
    const { channel, tokens } = this.#options;
    const { connection, how } = call;
    const verdict = verdictOn(error, how.kind);
    call.tried(error, verdictOn(error, "write") !== "fail");
    if (saysNoLeader(error) && connection !== undefined) channel.leave(connection, error);
    if (verdict === "login" && call.logins <= MOST_LOGINS && tokens.refuse(call.token)) {
      call.logins++;
      this.#queue.place(call);
    } else if (verdict !== "again") call.reject(callFailed(this.name, how.command, error));
    else if (error.answered) call.pause(PAUSE, () => this.#place(call));
    else this.#place(call);
    this.#queue.serve();
  }

  stalled(call: Call): void {
    if (!call.over && this.#queue.running.has(call)) call.again(this.#options.channel.current);
  }

  #place(call: Call): void {
    if (this.#state === "closed") call.reject(disconnected(this.name, call.how.command, call.maybeSent));
    else this.#queue.place(call);
  }

  #start(call: Call, connection: EtcdConnection): void {
    const { channel, tokens } = this.#options;
    if (tokens.ready === undefined) void this.#logIn(call, connection);
    else call.attempt(connection, tokens.ready.token);
    channel.watch(connection);
  }

  async #logIn(call: Call, connection: EtcdConnection): Promise<void> {
    const signal = call.prepare(connection);
    try {
      const token = await this.#options.tokens.fetch(connection, signal);
      if (!signal.aborted) call.attempt(connection, token);
    } catch (error) {
      if (signal.aborted) return; // it is over, or begun again elsewhere
      this.#queue.remove(call);
      const failure = loginFailed(error);
      call.tried(failure, true); // only the login was sent
      if (failure.status === "UNAVAILABLE") call.pause(PAUSE, () => this.#place(call));
      else call.reject(callFailed(this.name, "LOGIN", failure));
      this.#queue.serve();
    }
  }

  /** What may be asked again, and what is not sent yet, is not left with a connection that was given up. */
  #move(from: EtcdConnection): void {
    for (const call of [...this.#queue.running]) {
      if (call.connection !== from || (call.isSent && call.how.kind === "write")) continue;
      call.recall();
      this.#queue.remove(call);
      this.#place(call);
    }
  }

  #drop(call: Call, error: unknown): void {
    call.reject(error);
    call.recall();
    this.#queue.remove(call);
    this.#queue.serve();
  }
}
