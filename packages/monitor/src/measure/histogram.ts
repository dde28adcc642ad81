import type { Distribution } from "../snapshot/distribution.js";

// Two significant digits of milliseconds, from 10 µs to 1000 s. Edges are round decimals, so that bounds such as 5 ms are met exactly. An upper
// edge belongs to its bucket, as Prometheus has it.
const SMALLEST = 0.01;
const LARGEST = 1_000_000;
const PER_DECADE = 90;
const SCALES = [1_000, 100, 10, 1, 0.1, 0.01, 0.001, 0.0001] as const;
const BUCKETS = 1 + SCALES.length * PER_DECADE + 1;

/**
 * Counts times in buckets, at 8 ns each (`perf_hooks.createHistogram` takes 170 and whole numbers only), and can be added to another one. Percentiles
 * are right within 5 %; count, sum and max are exact.
 */
export class Histogram {
  count = 0;
  sum = 0;
  max = 0;
  // Made at the first record: of many a pool's histograms most stay empty.
  #counts: Uint32Array | undefined;

  record(ms: number): void {
    this.count++;
    this.sum += ms;
    if (ms > this.max) this.max = ms;
    const counts = (this.#counts ??= new Uint32Array(BUCKETS));
    const at = bucketOf(ms);
    counts[at] = (counts[at] ?? 0) + 1;
  }

  add(other: Histogram): void {
    if (other.count === 0 || other.#counts === undefined) return;
    this.count += other.count;
    this.sum += other.sum;
    if (other.max > this.max) this.max = other.max;
    const counts = (this.#counts ??= new Uint32Array(BUCKETS));
    for (let at = 0; at < BUCKETS; at++) counts[at] = (counts[at] ?? 0) + (other.#counts[at] ?? 0);
  }

  clear(): void {
    if (this.count === 0) return;
    this.count = 0;
    this.sum = 0;
    this.max = 0;
    this.#counts?.fill(0);
  }

  /** @param share from 0 to 1 */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let passed = 0;
    for (let at = 0; at < BUCKETS; at++) {
      passed += this.#counts?.[at] ?? 0;
      if (passed >= rank) return Math.min(middleOf(at), this.max);
    }
    return this.max;
  }

  /** How many were at most `ms`; exact where `ms` has two significant digits. */
  countUpTo(ms: number): number {
    const last = bucketOf(ms);
    let passed = 0;
    for (let at = 0; at <= last; at++) passed += this.#counts?.[at] ?? 0;
    return passed;
  }

  summarise(): Distribution {
    const { count, sum, max } = this;
    if (count === 0) return NOTHING;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.percentile(share)) as [number, number, number];
    return { count, mean: sum / count, p50, p95, p99, max };
  }
}

export const NOTHING: Distribution = Object.freeze({ count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 });

function bucketOf(ms: number): number {
  if (!(ms > SMALLEST)) return 0;
  if (ms > LARGEST) return BUCKETS - 1;
  const decade = decadeOf(ms);
  // From above 10 to 100, in steps of one. What a product rounds up by is taken back, so that 0.07 ms stays at its edge.
  const step = Math.ceil(ms * (SCALES[decade] ?? 1) - 1e-9) - 11;
  return 1 + decade * PER_DECADE + (step < 0 ? 0 : step);
}

function decadeOf(ms: number): number {
  if (ms <= 1) return ms <= 0.1 ? 0 : 1;
  if (ms <= 100) return ms <= 10 ? 2 : 3;
  if (ms <= 10_000) return ms <= 1_000 ? 4 : 5;
  return ms <= 100_000 ? 6 : 7;
}

function middleOf(bucket: number): number {
  if (bucket === 0) return SMALLEST / 2;
  if (bucket === BUCKETS - 1) return Infinity;
  const decade = Math.floor((bucket - 1) / PER_DECADE);
  return (10.5 + ((bucket - 1) % PER_DECADE)) / (SCALES[decade] ?? 1);
}
