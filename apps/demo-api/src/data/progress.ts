/** Tells a person how far a long job is. */
export interface Progress {
  start(total: number): void;
  add(count: number): void;
  finish(): void;
}

/** For tests, and for jobs that nobody watches. */
export const silent: Progress = { start: () => {}, add: () => {}, finish: () => {} };

/** One line that grows on a terminal; in a log file a line for every fifth of the way. */
export function progressLine(what: string, out: NodeJS.WriteStream): Progress {
  let total = 0;
  let done = 0;
  let shown = -1;
  let startedAt = 0;
  const show = (): void => {
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
    const step = out.isTTY ? percent : percent - (percent % 20);
    if (step === shown) return;
    shown = step;
    out.write(out.isTTY ? `\r${what}: ${step} %` : `${what}: ${step} %\n`);
  };
  return {
    start(rows) {
      total = rows;
      done = 0;
      startedAt = performance.now();
      show();
    },
    add(count) {
      done += count;
      show();
    },
    finish() {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      out.write(`${out.isTTY ? "\r" : ""}${what}: done in ${seconds} s\n`);
    },
  };
}
