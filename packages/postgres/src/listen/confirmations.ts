import { type Subscriber } from "./subscriber.js";

interface Wait {
  resolve(value: undefined): void;
  reject(error: unknown): void;
}

/** Who waits for the server to say that it listens. */
export class Confirmations {
  readonly #waits = new Map<Subscriber, Wait>();

  get awaited(): Subscriber[] {
    return [...this.#waits.keys()];
  }

  wait(subscriber: Subscriber): Promise<undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waits.set(subscriber, { resolve, reject });
    return promise;
  }

  confirm(subscriber: Subscriber): void {
    subscriber.isConfirmed = true;
    this.#waits.get(subscriber)?.resolve(undefined);
    this.#waits.delete(subscriber);
  }

  /** Nothing to do for one that does not wait. */
  refuse(subscriber: Subscriber, error: unknown): void {
    this.#waits.get(subscriber)?.reject(error);
    this.#waits.delete(subscriber);
  }
}
