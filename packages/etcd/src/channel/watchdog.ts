import { type Clock, type Timer } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";

/** A call that waits longer than this with nothing heard meanwhile has the server asked whether it is there, in ms. */
const SUSPICIOUS_AFTER = 300;
/** So long the server may take to say so, in ms: a second in all until another connection is tried. */
const ANSWER_WITHIN = 500;

export interface WatchdogOptions {
  readonly clock: Clock;
  /** A connection that is silent for so long is asked whether it is there, in ms. */
  readonly keepAliveInterval: number;
  /** How long that may take, in ms. */
  readonly keepAliveTimeout: number;
  /** One round trip that any member answers that runs. Settles with the connection or its signal at the latest. */
  ask(connection: EtcdConnection, signal: AbortSignal): Promise<unknown>;
  /** The server has not answered. */
  doubt(connection: EtcdConnection, cause: unknown): void;
  /** The server has answered after all. */
  trust(connection: EtcdConnection): void;
}

/**
 * Notices a server that says nothing, on a connection that looks fine. It is asked by a call and not by an HTTP/2 ping: etcd ends connections that
 * ping while idle (gRPC's "too_many_pings").
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #connection: EtcdConnection | undefined;
  /** Until it is answered, however late. */
  #asking: { readonly connection: EtcdConnection; readonly controller: AbortController } | undefined;
  #timer: Timer | undefined;
  #dueAt = Infinity;
  #closed = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Costs a comparison while something is under way already. */
  watch(connection: EtcdConnection): void {
    this.#connection = connection;
    const { unansweredSince } = connection;
    const after = unansweredSince === undefined ? this.#options.keepAliveInterval : SUSPICIOUS_AFTER;
    const now = this.#options.clock.now();
    if (this.#dueAt > now + after) this.#wake(now + after, after);
  }

  /** Nothing more is wanted of it. */
  forget(connection: EtcdConnection): void {
    if (this.#asking?.connection === connection) this.#asking.controller.abort();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#asking?.controller.abort();
  }

  #wake(dueAt: number, after: number): void {
    this.#stop();
    if (this.#closed || after === Infinity) return;
    this.#dueAt = dueAt;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#dueAt = Infinity;
      this.#look();
    }, after);
    this.#timer.unref(); // a call under way has a deadline, which keeps the process alive
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAt = Infinity;
  }

  #look(): void {
    const connection = this.#connection;
    if (connection === undefined || connection.ended || this.#closed) return;
    const { clock, keepAliveInterval, keepAliveTimeout } = this.#options;
    const now = clock.now();
    const { unansweredSince, lastHeard } = connection;
    if (this.#asking?.connection !== connection) {
      if (unansweredSince !== undefined && now - unansweredSince >= SUSPICIOUS_AFTER - 5)
        return this.#ask(connection, ANSWER_WITHIN);
      if (unansweredSince === undefined && now - lastHeard >= keepAliveInterval - 5)
        return this.#ask(connection, keepAliveTimeout);
    }
    const after = unansweredSince === undefined ? lastHeard + keepAliveInterval - now : SUSPICIOUS_AFTER;
    this.#wake(now + Math.max(10, after), Math.max(10, after));
  }

  #ask(connection: EtcdConnection, within: number): void {
    const { ask, clock, doubt, trust } = this.#options;
    const begunAt = clock.now();
    const controller = new AbortController();
    this.#asking = { connection, controller };
    const timer = clock.setTimeout(() => {
      // What was heard meanwhile is an answer, too.
      if (connection.lastHeard >= begunAt) controller.abort();
      else doubt(connection, new Error(`no answer within ${String(within)} ms`));
    }, within);
    timer.unref();
    const answered = (): void => {
      clock.clearTimeout(timer);
      if (this.#asking?.connection === connection) this.#asking = undefined;
      if (connection.lastHeard >= begunAt) trust(connection);
      if (connection === this.#connection) this.watch(connection);
    };
    ask(connection, controller.signal).then(answered, answered);
  }
}
