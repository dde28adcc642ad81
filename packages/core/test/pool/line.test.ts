import { describe, expect, it } from "vitest";
import { Line } from "../../src/pool/line.js";
import { Terms } from "../../src/pool/terms.js";
import { leftAfterCollection } from "../support/collected.js";
import { seededRandom } from "../support/random.js";
import { lastOf, takeFirst, type Place } from "../support/waiting.js";

const nothing = (): void => undefined;

/** Puts somebody in who is known by the time since when it waits. */
function push(line: Line<string>, since: number): Place {
  return lastOf(line.push(nothing, nothing, since, undefined, undefined));
}

function drain(line: Line<string>): number[] {
  const order: number[] = [];
  for (let next = takeFirst(line); next !== undefined; next = takeFirst(line)) order.push(next.since);
  return order;
}

function all(line: Line<string>): number[] {
  const order: number[] = [];
  line.forEach((piece, at) => order.push(piece.since(at)));
  return order;
}

describe("Line", () => {
  it("gives back in the order of pushing", () => {
    const line = new Line<string>();
    for (let i = 0; i < 5_000; i++) push(line, i);
    expect(line.length).toBe(5_000);
    expect(drain(line)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    expect([line.length, line.front]).toEqual([0, undefined]);
  });

  it("keeps all that belongs to one in its place", () => {
    const line = new Line<string>();
    const terms = new Terms({ label: "a" }, 7, undefined);
    const [resolve, reject] = [(): void => undefined, (): void => undefined];
    const { piece, at } = lastOf(line.push(resolve, reject, 5, terms, undefined));
    expect([piece.resolve(at), piece.reject(at)]).toEqual([resolve, reject]);
    expect([piece.since(at), piece.terms(at), piece.watch(at), piece.line]).toEqual([5, terms, undefined, line]);
  });

  it("takes a burst, and serves it while the next one comes", () => {
    const line = new Line<string>();
    let [pushed, taken] = [0, 0];
    for (let burst = 0; burst < 5; burst++) {
      for (let i = 0; i < 5_000; i++) push(line, pushed++);
      for (let i = 0; i < 4_000; i++) expect(takeFirst(line)?.since).toBe(taken++);
    }
    expect(drain(line)).toEqual(Array.from({ length: 5_000 }, (_, i) => 20_000 + i));
    push(line, -1);
    expect(drain(line)).toEqual([-1]);
  });

  it("does what a plain array does, whoever leaves", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const where = `seed ${String(seed)}`;
      const line = new Line<string>();
      let plain: { readonly since: number; readonly place: Place }[] = [];
      // Long ones as well as short ones.
      const growth = 0.5 + 0.2 * random();
      for (let step = 0; step < 3_000; step++) {
        const dice = random();
        if (dice < growth) plain.push({ since: step, place: push(line, step) });
        else if (dice < 0.8) expect(takeFirst(line)?.since, where).toBe(plain.shift()?.since);
        else if (dice < 0.995) {
          const gone = plain[Math.floor(random() * plain.length)];
          if (gone === undefined) continue;
          expect(gone.place.piece.since(gone.place.at), where).toBe(gone.since);
          line.remove(gone.place.piece, gone.place.at);
          expect(gone.place.piece.isTaken(gone.place.at), where).toBe(false);
          plain = plain.filter((each) => each !== gone);
        } else {
          // All that came lately, or that came long ago: whole arrays of it.
          const [middle, isLate] = [plain[Math.floor(random() * plain.length)]?.since ?? 0, random() < 0.5];
          const seen: number[] = [];
          line.forEach((piece, at) => {
            const since = piece.since(at);
            seen.push(since);
            if (since > middle === isLate) line.remove(piece, at);
          });
          expect(seen, where).toEqual(plain.map(({ since }) => since));
          plain = plain.filter(({ since }) => since > middle !== isLate);
        }
        expect(line.length, where).toBe(plain.length);
      }
      expect(all(line), where).toEqual(plain.map(({ since }) => since));
      expect(drain(line), where).toEqual(plain.map(({ since }) => since));
    }
  });

  it("holds on to nobody who has left", async () => {
    const line = new Line<string>();
    const refs: WeakRef<object>[] = [];
    const places: Place[] = [];
    for (let i = 0; i < 30; i++) {
      const [resolve, reject, terms] = [() => i, () => i, new Terms({}, i, undefined)] as const;
      refs.push(new WeakRef(resolve), new WeakRef(reject), new WeakRef(terms));
      places.push(lastOf(line.push(resolve, reject, i, terms, undefined)));
    }
    for (let i = 0; i < 10; i++) takeFirst(line);
    for (const { piece, at } of places.slice(10, 25)) line.remove(piece, at);
    expect(await leftAfterCollection(refs.slice(0, 75))).toBe(0);
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(15);
    expect(line.length).toBe(5);
  });

  it("lets go of each array when the last of it has left, from the middle as well", async () => {
    const line = new Line<string>();
    const refs = ((): WeakRef<object>[] => {
      const first = push(line, 0);
      const arrays = new Set<object>();
      let last: object | undefined;
      for (let round = 1; round < 50; round++) {
        const places = Array.from({ length: 100 }, () => push(line, round));
        for (const { piece, at } of places) {
          line.remove(piece, at);
          arrays.add((last = piece));
        }
      }
      // The first has somebody in it, and the last is kept for those who come next.
      return [...arrays].flatMap((each) => (each === first.piece || each === last ? [] : new WeakRef(each)));
    })();
    expect(refs.length).toBeGreaterThan(10);
    expect(await leftAfterCollection(refs)).toBe(0);
    expect(drain(line)).toEqual([0]);
  });
});
