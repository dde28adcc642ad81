import { seededRandom } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { FlightRecorder, type HotCounter, type RecordedEvent } from "../src/flight/flight-recorder.js";

type Told = readonly [string, ...unknown[]];

/** Writes down what it is told. */
function listening(): HotCounter & { readonly told: Told[] } {
  const told: Told[] = [];
  return {
    told,
    leased: (...of) => void told.push(["leased", ...of]),
    released: (...of) => void told.push(["released", ...of]),
    sent: (...of) => void told.push(["sent", ...of]),
  };
}

describe("the flight recorder", () => {
  it.each([0, 1, 10, 127, 128, 129, 2_000])(
    "of %i lists the last, and counts each lease and statement once, in order",
    (size) => {
      for (let seed = 1; seed <= 20; seed++) {
        const random = seededRandom(seed);
        const counter = listening();
        const recorder = new FlightRecorder(size, counter);
        const written: RecordedEvent[] = [];
        const counted: Told[] = [];
        const [steps, readShare] = [200 + Math.floor(random() * 800), random() * 0.02];
        for (let at = 0; at < steps; at++) {
          const pool = `pool ${String(Math.floor(random() * 3))}`;
          const label = random() < 0.5 ? undefined : `label ${String(at % 5)}`;
          const kind = Math.floor(random() * 4);
          if (kind === 0) {
            const event = { pool, leaseId: at, resourceId: 7, label, waitedMs: random(), leasedAt: at };
            recorder.lease(event);
            written.push({ name: "pool:lease", at, event });
            counted.push(["leased", pool, event.waitedMs]);
          } else if (kind === 1) {
            const [openTransaction, destroyed] = [random() < 0.5, random() < 0.5];
            const times = { heldMs: random(), busyMs: random(), releasedAt: at };
            const event = { pool, leaseId: at, resourceId: 7, label, ...times, openTransaction, destroyed };
            recorder.release(event);
            written.push({ name: "pool:release", at, event });
            counted.push(["released", pool, event.heldMs, event.busyMs, openTransaction, at]);
          } else if (kind === 2) {
            const failed = random() < 0.3;
            const event = {
              pool,
              leaseId: random() < 0.5 ? undefined : at,
              label,
              statement: `select ${String(at % 7)}`,
              values: undefined,
              startedAt: at - 1,
              durationMs: random(),
              rowCount: random() < 0.5 ? undefined : at,
              failed,
              error: failed ? new Error(String(at)) : undefined,
            };
            recorder.statement(event);
            written.push({ name: "pool:statement", at: event.startedAt + event.durationMs, event });
            counted.push(["sent", pool, event.statement, label, event.durationMs, event.rowCount]);
          } else {
            const event = { pool, reason: "idle", resourceId: at } as const;
            recorder.record("pool:close", event as never, at);
            if (size > 0) written.push({ name: "pool:close", at, event: event as never });
          }
          if (random() >= readShare) continue;
          recorder.settle();
          expect(counter.told).toEqual(counted);
        }
        // What was not counted yet is less than what comes together, and nothing of it is lost.
        expect(counted.length - counter.told.length).toBeLessThanOrEqual(128);
        recorder.settle();
        recorder.settle();
        expect(counter.told).toEqual(counted);
        expect(recorder.list()).toEqual(written.slice(written.length - Math.min(size, written.length)));
        recorder.clear();
        expect(recorder.list()).toEqual([]);
      }
    },
  );
});
