import { describe, expect, it } from "vitest";
import { Expiry } from "../../src/pool/expiry.js";
import type { Priority } from "../../src/pool/pool.js";
import { Terms } from "../../src/pool/terms.js";
import { WaitQueue } from "../../src/pool/wait-queue.js";
import { seededRandom } from "../support/random.js";
import { lastOf, takeFirst, type Place } from "../support/waiting.js";

const PATIENCE = 500;
const nothing = (): void => undefined;

interface Asked {
  readonly label?: string;
  readonly timeout?: number;
  readonly priority?: Priority;
}

/** Puts somebody in: on terms of its own, or as one who said nothing. */
function push(queue: WaitQueue<string>, since: number, asked?: Asked): Place {
  const terms = asked && new Terms(asked, asked.timeout ?? PATIENCE, undefined);
  return lastOf(queue.push(nothing, nothing, since, terms, undefined));
}

/** Its label, or `-` for one who said nothing. */
function labelOf({ piece, at }: Place): string {
  return piece.terms(at)?.label ?? "-";
}

function labels(queue: WaitQueue<string>): string[] {
  const order: string[] = [];
  for (let piece = queue.front; piece !== undefined; piece = queue.front) {
    order.push(labelOf({ piece, at: piece.first }));
    takeFirst(queue);
  }
  return order;
}

/** Takes out all who are due, as the timer does. */
function expire(queue: WaitQueue<string>, expiry: Expiry<string>, now: number) {
  const expired: { readonly label: string; readonly since: number }[] = [];
  for (let piece = expiry.firstDue(now); piece !== undefined; piece = expiry.firstDue(now)) {
    expired.push({ label: labelOf({ piece, at: piece.first }), since: piece.since(piece.first) });
    queue.remove(piece, piece.first);
  }
  const others = expiry.takeOthers(now);
  for (const { terms, since } of others.expired) expired.push({ label: terms?.label ?? "-", since });
  return { expired, earliest: others.earliest };
}

describe("WaitQueue", () => {
  it("has those who may have come later due by as much later, once", () => {
    const queue = new WaitQueue<string>(100);
    for (const [label, since] of [
      ["a", 0],
      ["b", 50],
      ["c", 100],
    ] as const)
      push(queue, since, { label, timeout: 100 });
    const expiry = new Expiry(queue);
    for (const time of [0, 50, 100]) expiry.mayBeLater(time, 50, time + 150);
    const expired = (now: number) => expire(queue, expiry, now).expired.map(({ label }) => label);
    expect(expire(queue, expiry, 149)).toEqual({ expired: [], earliest: 150 });
    expect([expired(150), expired(199), expired(200), expired(249), expired(250)]).toEqual([
      ["a"],
      [],
      ["b"],
      [],
      ["c"],
    ]);
    push(queue, 100, { label: "d", timeout: 200 });
    expect(expired(300)).toEqual(["d"]);
  });

  it("hears of a lateness that is found out while it looks", () => {
    const queue = new WaitQueue<string>(100);
    const expiry = new Expiry(queue);
    push(queue, 0);
    push(queue, 0);
    expiry.mayBeLater(-1, 40, 140);
    const piece = expiry.firstDue(100);
    expect(piece?.first).toBe(0);
    takeFirst(queue);
    expiry.mayBeLater(0, 40, 140);
    expect(expiry.firstDue(100)).toBeUndefined();
    expect(expire(queue, expiry, 139)).toEqual({ expired: [], earliest: 140 });
    expect(expire(queue, expiry, 140)).toMatchObject({ expired: [{ since: 0 }], earliest: Infinity });
  });

  it("forgets nobody whose lateness it has forgotten", () => {
    const queue = new WaitQueue<string>(100);
    const expiry = new Expiry(queue);
    for (const since of [0, 950]) push(queue, since, { timeout: 1_000 });
    expiry.mayBeLater(0, 200, 300);
    expiry.mayBeLater(950, 20, 1_070);
    expect(expire(queue, expiry, 1_000)).toEqual({ expired: [], earliest: 1_200 });
    expect(expire(queue, expiry, 1_199)).toMatchObject({ expired: [{ since: 0 }], earliest: 1_950 });
    expect(expire(queue, expiry, 1_950)).toMatchObject({ expired: [{ since: 950 }], earliest: Infinity });
  });

  it("serves by priority, then by arrival", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    for (const [label, priority] of [
      ["n1", "normal"],
      ["l1", "low"],
      ["h1", "high"],
      ["n2", "normal"],
      ["h2", "high"],
    ] as const)
      push(queue, 0, { label, priority });
    push(queue, 0);
    expect(queue.waiting).toBe(6);
    expect(labels(queue)).toEqual(["h1", "h2", "n1", "n2", "-", "l1"]);
    expect(queue.waiting).toBe(0);
  });

  it("lets one leave from anywhere", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    const [, middle] = ["a", "b", "c"].map((label) => push(queue, 0, { label }));
    if (middle !== undefined) queue.remove(middle.piece, middle.at);
    expect(middle?.piece.isTaken(middle.at)).toBe(false);
    expect(queue.waiting).toBe(2);
    expect(labels(queue)).toEqual(["a", "c"]);
  });

  it("takes out those whose deadline has come, and tells the next deadline", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    const expiry = new Expiry(queue);
    push(queue, 0, { label: "late", timeout: 300 });
    push(queue, 0, { label: "due", timeout: 100 });
    push(queue, 0, { label: "urgent", timeout: 99, priority: "high" });
    push(queue, 0, { label: "patient", timeout: Infinity, priority: "low" });
    const { expired, earliest } = expire(queue, expiry, 100);
    expect(expired.map(({ label }) => label)).toEqual(["urgent", "due"]);
    expect(earliest).toBe(300);
    expect(queue.waiting).toBe(2);
    expect(expire(queue, expiry, 299)).toEqual({ expired: [], earliest: 300 });
    expect(labels(queue)).toEqual(["late", "patient"]);
    expect(expire(queue, expiry, 1_000)).toEqual({ expired: [], earliest: Infinity });
  });

  it("takes out those who came until a moment", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    [10, 20, 20, 30].forEach((since, i) => {
      push(queue, since, { label: String(i), priority: i === 1 ? "high" : "normal" });
    });
    expect(queue.takeOut((since) => since > 20).map(({ terms }) => terms?.label)).toEqual(["1", "0", "2"]);
    expect(queue.waiting).toBe(1);
    expect(labels(queue)).toEqual(["3"]);
  });

  it("keeps the order of the rest, whoever leaves", () => {
    let uniform = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const random = seededRandom(seed);
      const queue = new WaitQueue<string>(PATIENCE);
      const expiry = new Expiry(queue);
      const lateness = new Map<number, number>();
      let model: {
        readonly place: Place;
        readonly label: string;
        readonly since: number;
        readonly deadline: number;
        readonly priority: Priority;
      }[] = [];
      const where = `seed ${String(seed)}`;
      // In a third of them all wait equally long, in another all who say something.
      const timeoutOf = [(): number => PATIENCE, (): number => 80, (): number => Math.floor(random() * 2_000)][
        seed % 3
      ];
      const served: readonly Priority[] = ["high", "normal", "low"];
      const inOrder = (): typeof model => served.flatMap((of) => model.filter(({ priority }) => priority === of));
      for (let step = 0; step < 1_000; step++) {
        const dice = random();
        if (dice < 0.25) {
          const [timeout, label] = [timeoutOf?.() ?? 0, String(step)];
          const priority = random() < 0.8 ? "normal" : random() < 0.5 ? "high" : "low";
          const place = push(queue, step, { label, timeout, priority });
          model.push({ place, label, since: step, deadline: step + timeout, priority });
        } else if (dice < 0.5) {
          const place = push(queue, step);
          model.push({ place, label: "-", since: step, deadline: step + PATIENCE, priority: "normal" });
          if (random() < 0.05) {
            lateness.set(step, 30);
            expiry.mayBeLater(step, 30, step + 30 + PATIENCE);
          }
        } else if (dice < 0.65) {
          const next = inOrder()[0];
          expect(takeFirst(queue)?.place, where).toEqual(next?.place);
          model = model.filter((each) => each !== next);
        } else if (dice < 0.97) {
          // The first of them more often than another: they leave in their order where one signal ends them all.
          const gone = inOrder()[random() < 0.5 ? 0 : Math.floor(random() * model.length)];
          if (gone === undefined) continue;
          queue.remove(gone.place.piece, gone.place.at);
          model = model.filter((each) => each !== gone);
        } else {
          if (queue.isUniform) uniform++;
          const { expired, earliest } = expire(queue, expiry, step);
          const dueAt = ({ since, deadline }: (typeof model)[number]): number =>
            deadline > step ? deadline : deadline + (lateness.get(since) ?? 0);
          const due = inOrder().filter((each) => dueAt(each) <= step);
          const byTime = (a: { label: string; since: number }, b: { label: string; since: number }): number =>
            a.since - b.since || a.label.localeCompare(b.label);
          expect([...expired].sort(byTime), where).toEqual(
            due.map(({ label, since }) => ({ label, since })).sort(byTime),
          );
          model = model.filter((each) => dueAt(each) > step);
          expect(earliest, where).toBe(Math.min(Infinity, ...model.map(dueAt)));
        }
        expect(queue.waiting, where).toBe(model.length);
      }
    }
    expect(uniform).toBeGreaterThan(100);
  });
});
