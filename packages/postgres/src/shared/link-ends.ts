import { type Clock } from "@pool/core";
import { type Link } from "./link.js";

/** Connections on their way out, until their sockets are closed. */
export class LinkEnds {
  readonly #clock: Clock;
  readonly #closeTimeout: number;
  readonly #underWay = new Set<Promise<void>>();
  readonly #cancels = new Map<AbortController, Promise<void>>();

  constructor({ clock, closeTimeout }: { readonly clock: Clock; readonly closeTimeout: number }) {
    this.#clock = clock;
    this.#closeTimeout = closeTimeout;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Says goodbye to the server, and closes the socket where that is not answered in time. */
  add(link: Link): void {
    const end = this.#end(link).finally(() => this.#underWay.delete(end));
    this.#underWay.add(end);
  }

  /**
   * Ends idle ones in order, and has the server cancel what runs on the others, for which nobody waits any longer. Requests to cancel that are under way
   * by then are given up.
   */
  async closeAll(links: readonly Link[]): Promise<void> {
    await Promise.all(
      links.map(async (link) => {
        link.retire();
        link.dismiss();
        if (link.waiting.length > 0) await this.cancel(link);
        link.cut();
      }),
    );
    for (const controller of this.#cancels.keys()) controller.abort();
  }

  /** Asks the server to cancel what runs on it; never rejects, and takes no longer than `closeTimeout`. */
  async cancel(link: Link): Promise<void> {
    const controller = new AbortController();
    const cancel = this.#cancel(link, controller).finally(() => this.#cancels.delete(controller));
    this.#cancels.set(controller, cancel);
    await cancel;
  }

  async #cancel(link: Link, controller: AbortController): Promise<void> {
    const timer = this.#clock.setTimeout(() => controller.abort(), this.#closeTimeout);
    link.cancelled = true;
    try {
      await link.dialled.cancel(controller.signal);
    } catch {
      // The server cannot be reached, or no longer knows the connection: its socket is closed all the same.
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async settled(): Promise<void> {
    while (this.#underWay.size + this.#cancels.size > 0)
      await Promise.all([...this.#underWay, ...this.#cancels.values()]);
  }

  async #end(link: Link): Promise<void> {
    const timer = this.#clock.setTimeout(() => link.dialled.destroy(), this.#closeTimeout);
    try {
      await link.dialled.client.end();
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}
