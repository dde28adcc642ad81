import { safely } from "./callbacks.js";

/**
 * Keeps what one client issues in the order of its calls. Statements have a line of their own; an object goes to the driver directly, where it
 * would overtake those that wait there, and run while a cancel of the one in front of it is on its way.
 */
export class Order {
  #issued = 0;
  #over = 0;
  /** Each goes when so many statements are over. What is issued later is not over before, so that it is those in front that are meant. */
  readonly #waiting: { readonly due: number; readonly go: () => void }[] = [];

  /** A statement is issued, and begins at once or behind the objects that wait. It has to say when it {@link ends}. */
  next(go: () => void): void {
    this.#issued += 1;
    if (this.#waiting.length === 0) go();
    else this.#waiting.push({ due: 0, go });
  }

  /** A statement, and a cancel of it, are over. */
  ends(): void {
    this.#over += 1;
    for (let [first] = this.#waiting; first !== undefined && first.due <= this.#over; [first] = this.#waiting) {
      this.#waiting.shift();
      safely(first.go);
    }
  }

  /** Goes when all that was issued before is over: at once where nothing is under way. Objects among each other are the driver's to keep in order. */
  behind(go: () => void): void {
    if (this.#over === this.#issued && this.#waiting.length === 0) go();
    else this.#waiting.push({ due: this.#issued, go });
  }

  /** Resolves when nothing is under way, and nothing follows at once. */
  async quiet(): Promise<void> {
    let seen: number;
    do {
      seen = this.#issued;
      await new Promise<void>((resolve) => this.behind(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (seen !== this.#issued);
  }
}
