import { expect, it } from "vitest";
import { Signals } from "../../src/pool/signals.js";
import { Waiter } from "../../src/pool/waiter.js";
import { leftAfterCollection } from "../support/collected.js";

function waiter(label: string, resolve: () => void = () => undefined): Waiter<string> {
  return new Waiter<string>(resolve, () => undefined, Infinity, { label }, undefined);
}

/** As the queue does with one that is served. */
function leave(signals: Signals<string>, each: Waiter<string>): void {
  each.settled = true;
  if (each.watch !== undefined) signals.remove(each.watch);
}

it("tells those who wait for a signal in their order, and none that has left", () => {
  const aborted: (string | undefined)[] = [];
  const signals = new Signals<string>((each) => {
    if (!each.settled) aborted.push(each.label);
    each.settled = true;
  });
  const controller = new AbortController();
  const all = Array.from({ length: 200 }, (_, i) => waiter(String(i)));
  for (const each of all) signals.add(controller.signal, each);
  // The first, one in the middle, and then most: the list is made anew on the way.
  const staying = new Set(["7", "120", "199"]);
  for (const each of all) if (!staying.has(each.label ?? "")) leave(signals, each);
  controller.abort();
  expect(aborted).toEqual(["7", "120", "199"]);
});

it("lets go of the first that leaves, though another waits for the same signal", async () => {
  const signals = new Signals<string>(() => undefined);
  const { signal } = new AbortController();
  const ref = ((): WeakRef<object> => {
    const first = waiter("first");
    signals.add(signal, first);
    signals.add(signal, waiter("second"));
    leave(signals, first);
    return new WeakRef(first);
  })();
  expect(await leftAfterCollection([ref])).toBe(0);
});

it("a waiter that has been served keeps nothing of its promise", () => {
  let served = 0;
  const resolve = (): void => {
    served++;
  };
  const each = waiter("served", resolve);
  const lease = { id: 1, active: true } as Parameters<typeof each.serve>[0]; // handed on, and not looked at
  each.serve(lease);
  each.serve(lease);
  expect([served, each.resolve === resolve]).toEqual([1, false]);
});
