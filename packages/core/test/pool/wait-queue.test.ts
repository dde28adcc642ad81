import { describe, expect, it } from "vitest";
import { Expiry } from "../../src/pool/expiry.js";
import { WaitQueue } from "../../src/pool/wait-queue.js";
import { Waiter, type Queued } from "../../src/pool/waiter.js";
import { seededRandom } from "../support/random.js";

const PATIENCE = 500;

function waiter(label: string, deadline = Infinity): Waiter<string> {
  return new Waiter<string>(
    () => undefined,
    () => undefined,
    deadline,
    { label },
    undefined,
  );
}

/** Its label, or `-` for one who said nothing. */
function labelOf(queued: Queued<string>): string | undefined {
  return typeof queued === "function" ? "-" : queued.label;
}

function labels(queue: WaitQueue<string>): (string | undefined)[] {
  const order: (string | undefined)[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(labelOf(next));
  return order;
}

describe("WaitQueue", () => {
  it("has those who may have come later due by as much later, once", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    for (const [label, since] of [
      ["a", 0],
      ["b", 50],
      ["c", 100],
    ] as const)
      queue.push(waiter(label, since + 100), since);
    const expiry = new Expiry();
    for (const time of [0, 50, 100]) expiry.mayBeLater(time, 50, time + 150);
    const expired = (now: number) => expiry.takeDue(queue, now).expired.map((leaver) => leaver.waiter?.label);
    expect(expiry.takeDue(queue, 149)).toEqual({ expired: [], earliest: 150 });
    expect([expired(150), expired(199), expired(200), expired(249), expired(250)]).toEqual([
      ["a"],
      [],
      ["b"],
      [],
      ["c"],
    ]);
    queue.push(waiter("d", 300), 100);
    expect(expired(300)).toEqual(["d"]);
  });

  it("serves by priority, then by arrival", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    for (const [label, priority] of [
      ["n1", undefined],
      ["l1", "low"],
      ["h1", "high"],
      ["n2", "normal"],
      ["h2", "high"],
    ] as const)
      queue.push(waiter(label), 0, priority);
    queue.pushPlain(
      () => undefined,
      () => undefined,
      0,
    );
    expect(queue.waiting).toBe(6);
    expect(labels(queue)).toEqual(["h1", "h2", "n1", "n2", "-", "l1"]);
    expect(queue.waiting).toBe(0);
  });

  it("lets one leave from anywhere, once", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    const all = ["a", "b", "c"].map((label) => waiter(label));
    for (const each of all) queue.push(each, 0);
    const middle = all[1];
    expect(middle !== undefined && queue.remove(middle)).toBe(true);
    expect(middle !== undefined && queue.remove(middle)).toBe(false);
    expect(queue.waiting).toBe(2);
    expect(labels(queue)).toEqual(["a", "c"]);
  });

  it("does not let one leave that was served", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    const only = waiter("a");
    queue.push(only, 0);
    queue.shift();
    expect(queue.remove(only)).toBe(false);
    expect(queue.waiting).toBe(0);
  });

  it("takes out those whose deadline has come, and tells the next deadline", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    const expiry = new Expiry();
    queue.push(waiter("late", 300), 0);
    queue.push(waiter("due", 100), 0);
    queue.push(waiter("urgent", 99), 0, "high");
    queue.push(waiter("patient"), 0, "low");
    const { expired, earliest } = expiry.takeDue(queue, 100);
    expect(expired.map((each) => each.waiter?.label)).toEqual(["urgent", "due"]);
    expect(earliest).toBe(300);
    expect(queue.waiting).toBe(2);
    expect(expiry.takeDue(queue, 299)).toEqual({ expired: [], earliest: 300 });
    expect(labels(queue)).toEqual(["late", "patient"]);
    expect(expiry.takeDue(queue, 1_000)).toEqual({ expired: [], earliest: Infinity });
  });

  it("takes out those who came until a moment", () => {
    const queue = new WaitQueue<string>(PATIENCE);
    [10, 20, 20, 30].forEach((since, i) => {
      queue.push(waiter(String(i)), since, i === 1 ? "high" : "normal");
    });
    expect(queue.takeOut((since) => since > 20).map((each) => each.waiter?.label)).toEqual(["1", "0", "2"]);
    expect(queue.waiting).toBe(1);
    expect(labels(queue)).toEqual(["3"]);
  });

  it("keeps the order of the rest, whoever leaves", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const queue = new WaitQueue<string>(PATIENCE);
      const expiry = new Expiry();
      let model: { readonly queued: Queued<string>; readonly since: number; readonly deadline: number }[] = [];
      const place = `seed ${String(seed)}`;
      for (let step = 0; step < 1_000; step++) {
        const dice = random();
        if (dice < 0.25) {
          const queued = waiter(String(step), Math.floor(random() * 2_000));
          queue.push(queued, step);
          model.push({ queued, since: step, deadline: queued.deadline });
        } else if (dice < 0.5) {
          const queued = (): void => undefined;
          queue.pushPlain(queued, queued, step);
          model.push({ queued, since: step, deadline: step + PATIENCE });
        } else if (dice < 0.65) {
          const next = model.shift();
          expect(queue.shift(), place).toBe(next?.queued);
          if (next !== undefined) expect(queue.since, place).toBe(next.since);
        } else if (dice < 0.98) {
          // The first of them more often than another: they leave in their order where one signal ends them all.
          const removable = model.filter(({ queued }) => typeof queued !== "function");
          const gone = removable[random() < 0.5 ? 0 : Math.floor(random() * removable.length)];
          if (gone === undefined || typeof gone.queued === "function") continue;
          expect(queue.remove(gone.queued), place).toBe(true);
          model = model.filter((each) => each !== gone);
        } else {
          const { expired, earliest } = expiry.takeDue(queue, step);
          const due = model.filter(({ deadline }) => deadline <= step);
          expect(expired, place).toEqual(
            due.map(({ queued, since, deadline }) => {
              const [reject, itself] = typeof queued === "function" ? [queued, undefined] : [queued.reject, queued];
              return { reject, since, deadline, waiter: itself };
            }),
          );
          model = model.filter(({ deadline }) => deadline > step);
          expect(earliest, place).toBe(Math.min(Infinity, ...model.map(({ deadline }) => deadline)));
        }
        expect(queue.waiting, place).toBe(model.length);
      }
    }
  });
});
