/** Where the monitor writes to: pino has this shape, and so has `console` with a wrapper of one line. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type Level = keyof Logger;

const MOST_PER_TICK = 50;

/** Writes to the user's logger: what it throws is nobody's trouble, and a storm of lines is cut short and counted. */
export class SafeLog {
  readonly #logger: Logger | undefined;
  #left = MOST_PER_TICK;
  #suppressed = 0;
  /** Lines that the logger threw at. */
  failures = 0;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  get isOn(): boolean {
    return this.#logger !== undefined;
  }

  write(level: Level, fields: object, message: string): void {
    if (this.#logger === undefined) return;
    if (this.#left-- > 0) this.#write(level, fields, message);
    else this.#suppressed++;
  }

  /** For debug mode: every line, however many. */
  writeAlways(level: Level, fields: object, message: string): void {
    if (this.#logger !== undefined) this.#write(level, fields, message);
  }

  /** A second is over. */
  turn(): void {
    this.#left = MOST_PER_TICK;
    if (this.#suppressed === 0) return;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#write(
      "warn",
      { suppressed },
      `${String(suppressed)} more lines of the monitor within a second were left out`,
    );
  }

  #write(level: Level, fields: object, message: string): void {
    try {
      this.#logger?.[level](fields, message);
    } catch {
      this.failures++;
    }
  }
}
