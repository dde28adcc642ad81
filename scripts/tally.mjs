// What came of many calls: by name how many, how long, and with which status.

export class Tally {
  #calls = new Map();
  underWay = 0;
  done = 0;
  skipped = 0;
  /** Calls that got no answer, or one that says it is our fault. Busy (503, 504) is an answer. */
  failed = 0;

  /** Runs a call and notes what became of it. Never rejects. */
  async run(name, work) {
    const noted = this.#calls.get(name) ?? { times: [], statuses: new Map() };
    this.#calls.set(name, noted);
    this.underWay++;
    const began = performance.now();
    let status;
    try {
      status = await work();
    } catch (error) {
      status = error.name === "TimeoutError" ? "gave up" : "no answer";
    }
    this.underWay--;
    this.done++;
    noted.times.push(performance.now() - began);
    noted.statuses.set(status, (noted.statuses.get(status) ?? 0) + 1);
    if (status === "no answer" || status === 500) this.failed++;
  }

  /** A call that was left out, as too many were on their way. */
  skip() {
    this.skipped++;
  }

  /** Resolves when nothing is on its way, at the latest after `longest` ms. */
  async settled(longest) {
    const deadline = performance.now() + longest;
    while (this.underWay > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  describe(seconds) {
    const rows = [...this.#calls].map(([name, { times, statuses }]) => {
      const sorted = times.toSorted((one, other) => one - other);
      const at = (share) =>
        `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)}`;
      const answers = [...statuses].sort(([, one], [, other]) => other - one).map(([status, n]) => `${status} × ${n}`);
      return [name, String(sorted.length), at(0.5), at(0.95), at(0.99), answers.join(", ")];
    });
    const table = [["call", "count", "p50 ms", "p95", "p99", "answers"], ...rows];
    const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
    const lines = table.map((row) => {
      const cells = row.map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      );
      return cells.join("  ").trimEnd();
    });
    const sum = `${this.done} calls in ${seconds.toFixed(1)} s (${(this.done / seconds).toFixed(0)} a second), ${this.failed} failed`;
    return ["", ...lines, "", this.skipped ? `${sum}, ${this.skipped} left out` : sum].join("\n");
  }
}
