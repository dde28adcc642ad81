import { expect, it } from "vitest";
import { Line } from "../../src/pool/line.js";
import type { Piece } from "../../src/pool/piece.js";
import { Signals } from "../../src/pool/signals.js";
import { leftAfterCollection } from "../support/collected.js";
import { seededRandom } from "../support/random.js";
import { lastOf, type Place } from "../support/waiting.js";

/** A line of those who wait for signals, known by their `since`. */
function waitingFor() {
  const line = new Line<string>();
  const aborted: number[] = [];
  const reasons = new Set<unknown>();
  const signals = new Signals<string>({
    abort(piece, at, reason) {
      aborted.push(piece.since(at));
      reasons.add(reason);
      line.remove(piece, at);
    },
    aborted: () => undefined,
  });
  return {
    line,
    aborted,
    reasons,
    add(signal: AbortSignal, since: number, resolve: () => void = () => undefined): Place {
      const watch = signals.watch(signal);
      const piece: Piece<string> = line.push(resolve, () => undefined, since, undefined, watch);
      watch.add(piece);
      return lastOf(piece);
    },
    /** As the queue does with one that is served. Tells whether it was the last of its signal. */
    leave({ piece, at }: Place): boolean | undefined {
      const watch = piece.watch(at);
      line.remove(piece, at);
      return watch && signals.left(watch);
    },
  };
}

/** How often anybody listens to it, by what it was told. */
function listenersOf(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: unknown[]): void => {
    count++;
    Reflect.apply(addEventListener, signal, given);
  };
  signal.removeEventListener = (...given: unknown[]): void => {
    count--;
    Reflect.apply(removeEventListener, signal, given);
  };
  return () => count;
}

it("tells those who wait for a signal in their order, with its reason, and none that has left", () => {
  const { add, leave, aborted, reasons, line } = waitingFor();
  const controller = new AbortController();
  const all = Array.from({ length: 200 }, (_, i) => add(controller.signal, i));
  const staying = new Set([7, 120, 199]);
  for (const [i, each] of all.entries()) if (!staying.has(i)) leave(each);
  const reason = new Error("called off");
  controller.abort(reason);
  expect(aborted).toEqual([7, 120, 199]);
  expect([...reasons]).toEqual([reason]);
  expect(line.length).toBe(0);
});

it("listens once for all who wait for a signal, and no longer than they do", () => {
  const { add, leave } = waitingFor();
  const { signal } = new AbortController();
  const other = new AbortController().signal;
  const listeners = listenersOf(signal);
  const places = [add(signal, 1), add(other, 2), add(signal, 3)];
  expect(listeners()).toBe(1);
  expect(places.map(leave)).toEqual([false, true, true]);
  expect(listeners()).toBe(0);
  add(signal, 4);
  expect(listeners()).toBe(1);
});

it("finds everybody again, whoever comes between them and whoever leaves", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const { add, leave, aborted, line } = waitingFor();
    const where = `seed ${String(seed)}`;
    const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
    let controllers = Array.from({ length: 1 + Math.floor(random() * 6) }, () => new AbortController());
    let model: { readonly since: number; readonly signal: AbortSignal; readonly place: Place }[] = [];
    for (let step = 0; step < 1_500; step++) {
      const controller = pick(controllers);
      const dice = random();
      if (controller === undefined || dice < 0.01) controllers.push(new AbortController());
      else if (dice < 0.55) {
        const { signal } = controller;
        for (let i = 0; i <= random() * 4; i++) model.push({ since: step, signal, place: add(signal, step) });
      } else if (dice < 0.99) {
        const gone = random() < 0.7 ? model[0] : pick(model);
        if (gone === undefined) continue;
        const isLast = !model.some((each) => each !== gone && each.signal === gone.signal);
        expect(leave(gone.place), where).toBe(isLast);
        model = model.filter((each) => each !== gone);
      } else {
        aborted.length = 0;
        controller.abort();
        const waiting = model.filter(({ signal }) => signal === controller.signal);
        expect(aborted, where).toEqual(waiting.map(({ since }) => since));
        model = model.filter((each) => !waiting.includes(each));
        controllers = controllers.filter((each) => each !== controller);
      }
      expect(line.length, where).toBe(model.length);
    }
  }
});

it("lets go of one that has left, though another waits for the same signal", async () => {
  const { add, leave } = waitingFor();
  const { signal } = new AbortController();
  const ref = ((): WeakRef<object> => {
    const resolve = (): void => undefined;
    const first = add(signal, 1, resolve);
    add(signal, 2);
    leave(first);
    return new WeakRef(resolve);
  })();
  expect(await leftAfterCollection([ref])).toBe(0);
});

it("lets go of the arrays of those who have left, however long another waits for the same signal", async () => {
  const { add, leave, line } = waitingFor();
  const { signal } = new AbortController();
  const other = new AbortController().signal;
  const refs = ((): WeakRef<object>[] => {
    add(signal, 0);
    return Array.from({ length: 5_000 }, (_, i) => {
      const [one, between] = [add(signal, i + 1), add(other, i + 1)];
      leave(one);
      leave(between);
      return new WeakRef(one.piece);
    });
  })();
  await leftAfterCollection(refs.slice(0, -1));
  const left = new Set(refs.flatMap((ref) => ref.deref() ?? []));
  expect(new Set(refs).size).toBe(5_000);
  expect(left.size).toBeLessThan(50);
  expect(line.length).toBe(1);
});
