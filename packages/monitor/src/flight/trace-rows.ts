/** One event of the trace event format; times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "b" | "e" | "i" | "M";
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly dur?: number;
  readonly id?: string;
  readonly s?: "p";
  readonly args?: object;
}

/** Collects trace events: a process for each name, with a row for each resource. */
export class TraceRows {
  readonly events: TraceEvent[] = [];
  readonly #pids = new Map<string, number>();
  readonly #rows = new Set<string>();
  readonly #leases = new Map<string, number>();
  #spans = 0;

  knowLease(pool: string, leaseId: number, resourceId: number): void {
    this.#leases.set(`${pool} ${String(leaseId)}`, resourceId);
  }

  resourceOf(pool: string, leaseId: number): number | undefined {
    return this.#leases.get(`${pool} ${String(leaseId)}`);
  }

  /** What has a resource to itself. */
  slice(pool: string, resourceId: number, name: string, from: number, to: number, args: object): void {
    const pid = this.#pid(pool);
    this.#nameRow(pid, resourceId);
    this.events.push({ name, ph: "X", ts: us(from), dur: Math.max(0, us(to) - us(from)), pid, tid: resourceId, args });
  }

  /** What may overlap with others of its kind. */
  span(pool: string, name: string, from: number, to: number, id: number | undefined, args: object = {}): void {
    const about = { name, cat: id === undefined ? "statement" : "wait", id: String(id ?? `s${String(++this.#spans)}`) };
    const pid = this.#pid(pool);
    this.events.push(
      { ...about, ph: "b", ts: us(from), pid, tid: 0, args },
      { ...about, ph: "e", ts: us(to), pid, tid: 0 },
    );
  }

  mark(pool: string, name: string, at: number, args: object): void {
    this.events.push({ name, ph: "i", s: "p", ts: us(at), pid: this.#pid(pool), tid: 0, args });
  }

  #pid(pool: string): number {
    const known = this.#pids.get(pool);
    if (known !== undefined) return known;
    const pid = this.#pids.size + 1;
    this.#pids.set(pool, pid);
    this.events.push({ name: "process_name", ph: "M", ts: 0, pid, tid: 0, args: { name: pool } });
    return pid;
  }

  #nameRow(pid: number, resourceId: number): void {
    const row = `${String(pid)} ${String(resourceId)}`;
    if (this.#rows.has(row)) return;
    this.#rows.add(row);
    const args = { name: `resource ${String(resourceId)}` };
    this.events.push({ name: "thread_name", ph: "M", ts: 0, pid, tid: resourceId, args });
  }
}

function us(ms: number): number {
  return Math.round(ms * 1_000);
}
