import { sessionEnded, transactionBusy, type Place } from "./failures.js";

/** Who uses a session now, and whether it may be used: at most one occupant has it to itself, and nobody once it has ended. */
export class Occupancy {
  readonly #place: Place;
  #occupant: string | undefined;
  #running = 0;
  #ended = false;
  #onQuiet: (() => void) | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  get occupied(): boolean {
    return this.#occupant !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Why nothing may be asked of the session now. */
  refusal(): Error | undefined {
    if (this.#ended) return sessionEnded(this.#place);
    if (this.#occupant === undefined) return undefined;
    const why = `${this.#occupant} is under way in this session, and what is asked of the session meanwhile would run inside it`;
    return transactionBusy(this.#place, `${why}; use the transaction's own handle, or await it first`);
  }

  assertFree(): void {
    const refused = this.refusal();
    if (refused !== undefined) throw refused;
  }

  /** Something that others may stand beside; the session does not end before it. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      if (--this.#running === 0) this.#onQuiet?.();
    }
  }

  /** Something that has the session to itself. */
  occupy<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#occupant = what;
    return this.share(async () => {
      try {
        return await work();
      } finally {
        this.#occupant = undefined;
      }
    });
  }

  /** Lets nothing new in, and waits for what is under way. */
  async end(): Promise<void> {
    this.#ended = true;
    while (this.#running > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
  }
}
