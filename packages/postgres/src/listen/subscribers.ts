import { type Gap, type Notification, type Subscriber } from "./subscriber.js";

/** Who listens to what. */
export class Subscribers {
  readonly #byChannel = new Map<string, Set<Subscriber>>();

  channelsBeside(known: ReadonlySet<string>): string[] {
    return [...this.#byChannel.keys()].filter((channel) => !known.has(channel));
  }

  get channelCount(): number {
    return this.#byChannel.size;
  }

  get count(): number {
    return this.all().length;
  }

  all(): Subscriber[] {
    return [...this.#byChannel.values()].flatMap((set) => [...set]);
  }

  add(subscriber: Subscriber): void {
    const set = this.#byChannel.get(subscriber.channel);
    if (set === undefined) this.#byChannel.set(subscriber.channel, new Set([subscriber]));
    else set.add(subscriber);
  }

  /** @returns whether it was there and the last one of its channel */
  remove(subscriber: Subscriber): boolean {
    const set = this.#byChannel.get(subscriber.channel);
    subscriber.isOver = true;
    if (set?.delete(subscriber) !== true || set.size > 0) return false;
    return this.#byChannel.delete(subscriber.channel);
  }

  deliver(notification: Notification): void {
    for (const subscriber of [...(this.#byChannel.get(notification.channel) ?? [])]) subscriber.notify(notification);
  }

  /** Tells those who were listening before. */
  tellGap(gap: Gap): void {
    for (const subscriber of this.all()) if (subscriber.isConfirmed) subscriber.gap(gap);
  }
}
