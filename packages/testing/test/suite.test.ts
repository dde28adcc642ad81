import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import {
  BrokenPromise,
  contractTests,
  describeAdapter,
  runContract,
  uncheckedPromises,
  type TestRunner,
} from "../src/index.js";
import { underTest } from "./backend/under-test.js";
import { factoryWith } from "./broken/broken.js";
import { brokenConnectors } from "./broken/connector.js";
import { brokenResources } from "./broken/resource.js";
import { brokenSql } from "./broken/sql.js";

const { adapter, stop } = await underTest();
afterAll(stop);

const promises = contractTests(adapter).map(({ promise }) => promise);

test("every promise of the contract is broken by one of the broken adapters", () => {
  const broken = new Set([...brokenResources, ...brokenConnectors, ...brokenSql].flatMap(({ breaks }) => breaks));
  expect([...broken].sort()).toEqual([...promises].sort());
});

test("no two promises are told in the same words", () => {
  expect(new Set(promises).size).toBe(promises.length);
});

test("a good adapter keeps every promise, and leaves nothing open", async () => {
  const good = await underTest();
  const { kept, broken } = await runContract(good.adapter).finally(good.stop);
  expect(broken).toEqual([]);
  expect(kept).toEqual(promises);
  expect(await good.adapter.openCount?.()).toBe(0);
});

describe("describeAdapter", () => {
  test("gives each promise to the runner it is handed, as a test of that name within its part", async () => {
    const told: string[] = [];
    const bodies: (() => Promise<void>)[] = [];
    const runner: TestRunner = {
      describe(name, body) {
        told.push(`+ ${name}`);
        body();
      },
      it(name, { timeout }, body) {
        expect(timeout).toBeGreaterThan(5_000);
        told.push(name);
        bodies.push(body);
      },
    };
    describeAdapter("mine", adapter, runner);

    expect(told[0]).toBe("+ mine keeps the contract of adapters");
    expect(told[1]).toBe("+ its ResourceFactory");
    expect(told.filter((name) => !name.startsWith("+"))).toEqual(promises);
    await bodies[0]?.();
  });

  test("fails with a sentence that names the promise and says what was seen", async () => {
    const leaking = await underTest(
      factoryWith(() => ({ close: () => undefined })),
      100,
    );
    const run = contractTests(leaking.adapter).find(({ promise }) => promise === "close lets go of the resource")!.run;
    const error: unknown = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await leaking.stop();
    expect(error).toBeInstanceOf(BrokenPromise);
    expect((error as BrokenPromise).message).toBe(
      "broken promise: close lets go of the resource — after 3 resources were opened and closed: 3 open on the backend where 0 may be after 100 ms",
    );
  });

  test("works with node:test", { timeout: 60_000 }, async () => {
    const program = `${import.meta.dirname}/programs/under-node-test.ts`;
    const node = [...process.execArgv, "--test-reporter=tap", program];
    const { stdout } = await promisify(execFile)(process.execPath, node);
    expect(stdout).toContain(`# tests ${String(promises.length)}\n`);
    expect(stdout).toContain(`# pass ${String(promises.length)}\n`);
  });
});

describe("what an adapter does not give", () => {
  test("is named beside each promise that is not checked for it", () => {
    expect(uncheckedPromises(adapter)).toEqual([]);

    const { factory, connector } = adapter;
    const unchecked = uncheckedPromises({ factory, connector });
    expect(unchecked).toContainEqual({
      promise: "validate rejects a broken resource in time",
      missing: ["breakResource"],
    });
    expect(unchecked).toContainEqual({
      promise: "a statement on a broken resource fails as a lost connection",
      missing: ["sql", "breakResource"],
    });
    const checked = contractTests({ factory, connector }).map(({ promise }) => promise);
    expect([...checked, ...unchecked.map(({ promise }) => promise)].sort()).toEqual([...promises].sort());
  });

  test("leaves out the notice of idle losses where the backend has none", () => {
    const promise = "a resource that dies while idle is told to the pool by lost";
    const deaf = { ...adapter, noticesLoss: false };
    expect(uncheckedPromises(deaf)).toEqual([{ promise, missing: ["breakResource that is noticed"] }]);
  });

  test("fails the checks that cannot do without it", async () => {
    const { broken } = await runContract({
      ...adapter,
      factory: async () => ({ factory: (await adapter.factory()).factory }),
    });
    expect(broken.length).toBeGreaterThan(0);
    for (const { message } of broken) expect(message).toContain("factory() gives no driver");
  });
});

describe("an error that goes astray", () => {
  const astray = () =>
    underTest(
      factoryWith((good) => ({
        create(context) {
          void Promise.reject(new Error("nobody looks at me"));
          return good.create(context);
        },
      })),
    );

  test("is blamed on the adapter that it came from, and not on one that is tested beside it", async () => {
    const [bad, good] = [await astray(), await underTest()];
    const [ofBad, ofGood] = await Promise.all([runContract(bad.adapter), runContract(good.adapter)]);
    await Promise.all([bad.stop(), good.stop()]);
    expect(ofBad.broken.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^broken promise: no error goes past its caller.*while checking “create resolves .*nobody looks at me$/,
      ),
    ]);
    expect(ofGood.broken).toEqual([]);
  });

  test("leaves the listeners of the process as they were", async () => {
    const listeners = () => [
      ...process.rawListeners("unhandledRejection"),
      ...process.rawListeners("uncaughtException"),
    ];
    const before = listeners();
    const { adapter: bad, stop: stopBad } = await astray();
    await contractTests(bad)[0]?.run();
    await stopBad();
    expect(listeners()).toEqual(before);
  });
});
