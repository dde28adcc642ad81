import { describe, expect, it } from "vitest";
import { WaitQueue } from "../../src/pool/wait-queue.js";
import { TellingWaiter, type Waiter } from "../../src/pool/waiter.js";
import { seededRandom } from "../support/random.js";

function waiter(label: string, deadline = Infinity, since = 0): Waiter<string> {
  return new TellingWaiter<string>(
    () => undefined,
    () => undefined,
    since,
    deadline,
    { label },
    undefined,
  );
}

function labels(queue: WaitQueue<string>): (string | undefined)[] {
  const order: (string | undefined)[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next.telling?.label);
  return order;
}

describe("WaitQueue", () => {
  it("has those who may have come later due by as much later, once", () => {
    const queue = new WaitQueue<string>();
    for (const [label, since] of [
      ["a", 0],
      ["b", 50],
      ["c", 100],
    ] as const)
      queue.push(waiter(label, since + 100, since));
    for (const time of [0, 50, 100]) queue.mayBeLater(time, 50, time + 150);
    const expired = (now: number) => queue.expire(now).expired.map(({ telling }) => telling?.label);
    expect(queue.expire(149)).toEqual({ expired: [], earliest: 150 });
    expect([expired(150), expired(199), expired(200), expired(249), expired(250)]).toEqual([
      ["a"],
      [],
      ["b"],
      [],
      ["c"],
    ]);
    queue.push(waiter("d", 300, 100));
    expect(expired(300)).toEqual(["d"]);
  });

  it("serves by priority, then by arrival", () => {
    const queue = new WaitQueue<string>();
    for (const [label, priority] of [
      ["n1", undefined],
      ["l1", "low"],
      ["h1", "high"],
      ["n2", "normal"],
      ["h2", "high"],
    ] as const)
      queue.push(waiter(label), priority);
    expect(queue.waiting).toBe(5);
    expect(labels(queue)).toEqual(["h1", "h2", "n1", "n2", "l1"]);
    expect(queue.waiting).toBe(0);
  });

  it("lets one leave from anywhere, once", () => {
    const queue = new WaitQueue<string>();
    const all = ["a", "b", "c"].map((label) => waiter(label));
    for (const each of all) queue.push(each);
    const middle = all[1];
    expect(middle !== undefined && queue.remove(middle)).toBe(true);
    expect(middle !== undefined && queue.remove(middle)).toBe(false);
    expect(queue.waiting).toBe(2);
    expect(labels(queue)).toEqual(["a", "c"]);
  });

  it("does not let one leave that was served", () => {
    const queue = new WaitQueue<string>();
    const only = waiter("a");
    queue.push(only);
    queue.shift();
    expect(queue.remove(only)).toBe(false);
    expect(queue.waiting).toBe(0);
  });

  it("takes out those whose deadline has come, and tells the next deadline", () => {
    const queue = new WaitQueue<string>();
    queue.push(waiter("late", 300));
    queue.push(waiter("due", 100));
    queue.push(waiter("urgent", 99), "high");
    queue.push(waiter("patient"), "low");
    const { expired, earliest } = queue.expire(100);
    expect(expired.map((each) => each.telling?.label).sort()).toEqual(["due", "urgent"]);
    expect(earliest).toBe(300);
    expect(queue.waiting).toBe(2);
    expect(queue.expire(299)).toEqual({ expired: [], earliest: 300 });
    expect(labels(queue)).toEqual(["late", "patient"]);
    expect(queue.expire(1_000)).toEqual({ expired: [], earliest: Infinity });
  });

  it("takes out those who came until a moment", () => {
    const queue = new WaitQueue<string>();
    const all = [10, 20, 20, 30].map((since, i) => waiter(String(i), Infinity, since));
    all.forEach((each, i) => queue.push(each, i === 1 ? "high" : "normal"));
    expect(queue.leaveUntil(20).map((each) => each.telling?.label)).toEqual(["1", "0", "2"]);
    expect(queue.waiting).toBe(1);
    expect(labels(queue)).toEqual(["3"]);
  });

  it("keeps the order of the rest, whoever leaves", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const queue = new WaitQueue<string>();
      let plain: Waiter<string>[] = [];
      let count = 0;
      for (let step = 0; step < 1_000; step++) {
        const dice = random();
        if (dice < 0.5) {
          const each = waiter(String(count++), Math.floor(random() * 2_000));
          queue.push(each);
          plain.push(each);
        } else if (dice < 0.7) {
          expect(queue.shift(), `seed ${String(seed)}`).toBe(plain.shift());
        } else if (dice < 0.98) {
          const [gone] = plain.splice(Math.floor(random() * plain.length), 1);
          if (gone !== undefined) expect(queue.remove(gone), `seed ${String(seed)}`).toBe(true);
        } else {
          const { expired, earliest } = queue.expire(step);
          expect(expired, `seed ${String(seed)}`).toEqual(plain.filter((each) => each.deadline <= step));
          plain = plain.filter((each) => each.deadline > step);
          expect(earliest).toBe(Math.min(Infinity, ...plain.map((each) => each.deadline)));
        }
        expect(queue.waiting, `seed ${String(seed)}`).toBe(plain.length);
      }
    }
  });
});
