const SAMPLE = 64;

/** Takes the stack of an acquire, if the pool's option asks for it: 5 µs each, so none by default, or one in 64. */
export class Stacks {
  readonly #mode: "off" | "sampled" | "all";
  #count = 0;

  constructor(mode: "off" | "sampled" | "all") {
    this.#mode = mode;
  }

  /** @param above the public method whose callers are wanted */
  take(above: (...args: never[]) => unknown): string | undefined {
    if (this.#mode === "off" || (this.#mode === "sampled" && this.#count++ % SAMPLE !== 0)) return undefined;
    const at: { stack?: string } = {};
    Error.captureStackTrace(at, above);
    return at.stack?.replace(/^.*\n/, "");
  }
}
