import { cancelPause } from "../connection/cancel-pause.js";
import { type SharedStatement } from "./statement.js";

/** The requests to cancel what runs on one connection. */
export class LinkCancels {
  #head: SharedStatement | undefined;
  #count = 0;
  #isUnderWay = false;
  #againAt = 0;

  /** False while the last one is under way, or has not had its time. */
  mayBegin(head: SharedStatement | undefined, now: number): boolean {
    return !this.#isUnderWay && (head !== this.#head || now >= this.#againAt);
  }

  begin(head: SharedStatement | undefined): void {
    this.#count = head === this.#head ? this.#count + 1 : 1;
    this.#head = head;
    this.#isUnderWay = true;
  }

  over(now: number): void {
    this.#isUnderWay = false;
    this.#againAt = now + cancelPause(this.#count);
  }

  /** The last one meant this statement. */
  meant(head: SharedStatement | undefined): boolean {
    return this.#count > 0 && head === this.#head;
  }

  /** When the next one may begin; Infinity while one is under way, whose end is told. */
  get againAt(): number {
    return this.#isUnderWay ? Infinity : this.#againAt;
  }
}
