import { type Message } from "./message.js";
import { type Subscriber } from "./subscriber.js";

/** Who wants to hear of what. */
export class Interests {
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #patterns = new Map<string, Set<Subscriber>>();

  get isEmpty(): boolean {
    return this.#channels.size === 0 && this.#patterns.size === 0;
  }

  /** Each once. */
  get subscribers(): ReadonlySet<Subscriber> {
    return new Set([...this.#channels.values(), ...this.#patterns.values()].flatMap((subscribers) => [...subscribers]));
  }

  add(subscriber: Subscriber): void {
    const of = this.#kindOf(subscriber.byPattern);
    for (const name of subscriber.names) of.set(name, (of.get(name) ?? new Set()).add(subscriber));
  }

  /** The names that nobody wants any more. */
  remove(subscriber: Subscriber): readonly string[] {
    const of = this.#kindOf(subscriber.byPattern);
    const gone = subscriber.names.filter(
      (name) => of.get(name)?.delete(subscriber) === true && of.get(name)?.size === 0,
    );
    for (const name of gone) of.delete(name);
    return gone;
  }

  notify(message: Message): void {
    const { pattern, channel } = message;
    const subscribers = pattern === undefined ? this.#channels.get(channel) : this.#patterns.get(pattern);
    // As they are now: a handler may subscribe to what it has just been told.
    for (const one of [...(subscribers ?? [])]) one.notify(message);
  }

  clear(): void {
    this.#channels.clear();
    this.#patterns.clear();
  }

  #kindOf(byPattern: boolean): Map<string, Set<Subscriber>> {
    return byPattern ? this.#patterns : this.#channels;
  }
}
