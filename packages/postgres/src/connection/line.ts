import { type PgClient, type PgSubmittable } from "./pg-internals.js";

interface Turn extends PgSubmittable {
  readonly isSettled: boolean;
}

/** One exchange at a time reaches the driver; the others wait here in their order. */
export class Line {
  readonly #client: PgClient;
  readonly #waiting: Turn[] = [];
  #running: Turn | undefined;

  constructor(client: PgClient) {
    this.#client = client;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  enter(turn: Turn): void {
    if (this.#running === undefined) this.#start(turn);
    else this.#waiting.push(turn);
  }

  /** Call it once the exchange, and a cancel of it, are over. */
  leave(turn: Pick<Turn, "isSettled">): void {
    if (this.#running !== turn) return; // it was given up while it waited
    this.#running = undefined;
    let next = this.#waiting.shift();
    while (next?.isSettled === true) next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }

  #start(turn: Turn): void {
    this.#running = turn;
    this.#client.query(turn);
  }
}
