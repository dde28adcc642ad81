const STEP_MS = 10_000;
const STEPS = 360;

/** How far back a {@link SlidingCount} reaches, in ms. */
export const LONGEST_WINDOW = STEP_MS * STEPS;

/** Counts events, and tells how many there were in the last minutes: up to an hour back, in steps of ten seconds. */
export class SlidingCount {
  readonly #steps = new Uint32Array(STEPS);
  #step = 0;
  /** Since the beginning. */
  total = 0;

  add(now: number, count = 1): void {
    this.#moveTo(Math.floor(now / STEP_MS));
    const at = this.#step % STEPS;
    this.#steps[at] = (this.#steps[at] ?? 0) + count;
    this.total += count;
  }

  /** In the last `windowMs`, rounded up to whole steps, the one under way included. */
  within(windowMs: number, now: number): number {
    this.#moveTo(Math.floor(now / STEP_MS));
    const steps = Math.min(STEPS, Math.max(1, Math.ceil(windowMs / STEP_MS)));
    let sum = 0;
    for (let back = 0; back < steps; back++) sum += this.#steps[(this.#step - back + STEPS) % STEPS] ?? 0;
    return sum;
  }

  #moveTo(step: number): void {
    if (step <= this.#step) return;
    const passed = Math.min(STEPS, step - this.#step);
    for (let ahead = 1; ahead <= passed; ahead++) this.#steps[(this.#step + ahead) % STEPS] = 0;
    // After more than an hour all of them are 0, and which one is the first does not matter.
    this.#step = step;
  }
}
