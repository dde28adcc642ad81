// Above so many, both sides begin anew.
const MOST = 512;
// A longer text is as likely as not made for one use, and would be kept here on both sides.
const LONGEST = 2_048;

/** Texts that one side has sent to the other: statements, names of columns. Each goes once, and as a number from then on. */
export class Words {
  readonly #numbers = new Map<string, number>();

  /** Before a message. True when the other side has to forget what it knows. */
  begin(): boolean {
    if (this.#numbers.size > MOST) this.#numbers.clear();
    return this.#numbers.size === 0;
  }

  /** The message did not go: what it introduced is not known. */
  forget(): void {
    this.#numbers.clear();
  }

  /** Negative when the other side does not know it yet; it counts by itself. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return -1;
  }

  static fits(text: string): boolean {
    return text.length <= LONGEST;
  }
}
