import type { IncomingMessage, ServerResponse } from "node:http";
import type { Monitor } from "@pool/monitor";
import { Refusal } from "./refusal.js";
import { Stream } from "./stream.js";
import { eventText } from "./wire.js";

const BEAT = 500;
const KEEP_ALIVE = 10_000;

/** All readers of server-sent events. The monitor is listened to only while there is one, and each tick is put into text once for all. */
export class Streams {
  readonly #monitor: Monitor;
  readonly #most: number;
  readonly #open = new Set<Stream>();
  #ticks: Disposable | undefined;
  #beat: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(monitor: Monitor, most: number) {
    this.#monitor = monitor;
    this.#most = most;
  }

  /** Answers with a stream that opens with `hello`. @throws Refusal 503 when there are too many, or after the end */
  open(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    hello: () => string,
  ): void {
    if (this.#ended) throw new Refusal(503, "CLOSED", "the dashboard is closed");
    if (this.#open.size >= this.#most)
      throw new Refusal(503, "TOO_MANY_STREAMS", `there are ${this.#most} streams already`, { "retry-after": "15" });
    const text = hello();
    const stream = new Stream(request, response, headers);
    this.#open.add(stream);
    stream.onceClosed(() => this.#remove(stream));
    stream.send(text);
    this.#ticks ??= this.#monitor.subscribe((tick) => this.#sendAll(eventText("tick", tick)));
    this.#beat ??= setInterval(() => this.#lookAfter(), BEAT).unref();
  }

  /** Ends them all, and refuses new ones. */
  end(): void {
    this.#ended = true;
    for (const stream of this.#open) stream.end(eventText("bye", {}));
  }

  #sendAll(event: string): void {
    for (const stream of this.#open) stream.send(event);
  }

  #lookAfter(): void {
    for (const stream of this.#open) {
      if (stream.serverIsClosing) stream.end(eventText("bye", {}));
      else stream.keepAlive(KEEP_ALIVE);
    }
  }

  #remove(stream: Stream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    this.#ticks?.[Symbol.dispose]();
    this.#ticks = undefined;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }
}
