import { fingerprintOf, type Fingerprint } from "./fingerprint.js";

// Characters that each of the two generations may hold; a text longer than a quarter of it is not kept.
const BUDGET = 500_000;

/** Fingerprints by statement text: what was asked for lately is remembered, in bounded memory and without a list to keep in order. */
export class TextCache {
  #young = new Map<string, Fingerprint>();
  #old = new Map<string, Fingerprint>();
  #budget = BUDGET;

  get(text: string): Fingerprint {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const fingerprint = this.#old.get(text) ?? fingerprintOf(text);
    this.#keep(text, fingerprint);
    return fingerprint;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #keep(text: string, fingerprint: Fingerprint): void {
    if (text.length > BUDGET / 4) return;
    // What an entry takes beside its text counts as much as a text of 100.
    this.#budget -= text.length + 100;
    if (this.#budget < 0) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#budget = BUDGET;
    }
    this.#young.set(text, fingerprint);
  }
}
