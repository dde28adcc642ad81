import { type IWatchResponse } from "etcd3";
import { BackOff } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { eventOf } from "./event-of.js";
import { EventQueue } from "./event-queue.js";
import { type EtcdWatch, type WatchEvent } from "./events.js";
import { type WatchSource } from "./watch-source.js";
import { Compacted, type WatchStream } from "./watch-stream.js";

const LONGEST_PAUSE = 400;
/** For a watch that is refused. */
const MOST_LOGINS = 2;

/** Changes of some keys: resumed after every break from the revision behind the last one that was told. */
export class Watch implements EtcdWatch {
  readonly started: Promise<bigint>;
  readonly #source: WatchSource;
  readonly #queue = new EventQueue((isFull) => this.#stream?.hold(isFull));
  readonly #start = Promise.withResolvers<bigint>();
  readonly #over = new AbortController();
  readonly #backOff = new BackOff({ random: Math.random });
  #stream: WatchStream | undefined;
  #wantsSnapshot: boolean;
  #next: bigint | undefined;
  #refusals = 0;

  constructor(source: WatchSource) {
    this.#source = source;
    this.started = this.#start.promise;
    this.started.catch(() => undefined); // who iterates is told, too
    this.#wantsSnapshot = source.snapshot;
    this.#next = source.fromRevision;
    source.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (source.signal?.aborted === true) this.#onAbort();
    else void this.#run();
  }

  close(): void {
    this.#finish(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchEvent, undefined> {
    return {
      next: () => this.#queue.next(),
      return: async () => (this.close(), { done: true, value: undefined }),
    };
  }

  #hasEnded(): boolean {
    return this.#over.signal.aborted;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!this.#hasEnded()) {
      try {
        if (this.#wantsSnapshot) await this.#takeSnapshot();
        await this.#follow(await this.#source.connection(signal));
      } catch (error) {
        if (this.#hasEnded()) return;
        const fatal = this.#judge(error);
        if (fatal !== undefined) {
          this.#finish(fatal);
          return;
        }
        await this.#source.sleep(this.#backOff.pause(LONGEST_PAUSE), signal);
      }
    }
  }

  async #takeSnapshot(): Promise<void> {
    const { entries, revision } = await this.#source.all(this.#over.signal);
    this.#wantsSnapshot = false;
    this.#next = revision + 1n;
    this.#queue.push({ type: "snapshot", entries, revision });
  }

  async #follow(connection: EtcdConnection): Promise<void> {
    const { channel, tokens } = this.#source;
    const token = await this.#source.token(connection, this.#over.signal);
    if (this.#hasEnded()) return;
    const stream = this.#source.open(connection, token, this.#next, {
      created: (revision) => this.#created(revision),
      changes: (response) => this.#take(response),
    });
    this.#stream = stream;
    if (this.#queue.isFull) stream.hold(true);
    channel.watch(connection);
    const stop = channel.onMove((left) => {
      if (left === connection) stream.close(new Error("another connection took its place"));
    });
    try {
      await stream.ended;
    } catch (error) {
      if (this.#source.wantsLogin(error) && ++this.#refusals <= MOST_LOGINS && tokens.refuse(token)) return;
      throw error;
    } finally {
      stop();
      this.#stream = undefined;
    }
  }

  #created(revision: bigint): void {
    this.#next ??= revision + 1n;
    this.#backOff.succeeded();
    this.#start.resolve(this.#next);
  }

  /** All changes of one revision come at once, so that the next revision is the one behind the last change. */
  #take({ events, header }: IWatchResponse): void {
    this.#refusals = 0;
    for (const event of events) this.#queue.push(eventOf(event, this.#source.keyspace));
    const last = events.at(-1);
    // Without changes it says how far it has come (etcd sends that only to a watch that is up to date).
    const told = BigInt(last === undefined ? header.revision : last.kv.mod_revision);
    if (this.#next === undefined || told >= this.#next) this.#next = told + 1n;
  }

  /** What ends the watch; undefined for what the next attempt may find mended. */
  #judge(error: unknown): unknown {
    if (error instanceof Compacted) {
      const { compactRevision } = error;
      if (this.#next !== undefined) this.#queue.push({ type: "gap", from: this.#next, compactRevision });
      this.#next = compactRevision;
      this.#wantsSnapshot = this.#source.snapshot;
      return undefined;
    }
    this.#backOff.failed(error);
    return this.#source.fatal(error);
  }

  #finish(error: unknown): void {
    if (this.#hasEnded()) return;
    const end = new Error("the watch has ended");
    this.#over.abort(end);
    this.#source.signal?.removeEventListener("abort", this.#onAbort);
    this.#stream?.close(end);
    this.#start.reject(error ?? end);
    this.#queue.end(error);
    this.#source.ended(this);
  }

  readonly #onAbort = (): void => this.#finish(this.#source.signal?.reason);
}
