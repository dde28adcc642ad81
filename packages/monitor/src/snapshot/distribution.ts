/** Times over a window, in ms. All 0 where `count` is 0. Percentiles are right within 5 %; `mean` and `max` are exact. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}
