/** Milliseconds as a person reads them: `0.4 ms`, `42 ms`, `1.24 s`, `2 m 05 s`. */
export function span(ms: number): string {
  if (ms < 9.95) return `${ms < 0.05 ? "0" : ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${twoDigits(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
  return `${Math.floor(minutes / 1_440)} d ${twoDigits(Math.floor((minutes % 1_440) / 60))} h`;
}

/** The same for what nothing was measured of: a dash. */
export function spanOf(count: number, ms: number): string {
  return count === 0 ? "–" : span(ms);
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(n: number): string {
  return n < 100_000 ? whole.format(n) : compact.format(n);
}

export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A time of day by the browser's clock: `14:03:12`. */
export function timeOfDay(at: number): string {
  return clock.format(at);
}

/** `2 waiters`, `1 waiter`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** What an alert measures, in its own unit. */
export function measure(value: number, unit: "ratio" | "ms" | "count"): string {
  if (unit === "ratio") return percent(value);
  return unit === "ms" ? span(value) : count(Math.round(value * 100) / 100);
}

function twoDigits(n: number): string {
  return String(n).padStart(2, "0");
}
