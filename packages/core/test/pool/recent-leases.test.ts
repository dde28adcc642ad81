import { expect, test } from "vitest";
import { RecentLeases } from "../../src/pool/dropped.js";

test("the place of an entry that has gone is the next one's", () => {
  const recent = new RecentLeases<string>();
  const places = [recent.takePlace(), recent.takePlace(), recent.takePlace()];
  recent.freePlace(1);
  recent.freePlace(0);
  expect([...places, recent.takePlace(), recent.takePlace(), recent.takePlace()]).toEqual([0, 1, 2, 0, 1, 3]);
});
