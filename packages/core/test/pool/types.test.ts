import { describe, expectTypeOf, it } from "vitest";
import type { Lease, Pool, PoolOptions, ResourceFactory } from "../../src/index.js";

interface Client {
  query(): Promise<string>;
}

interface LoudClient extends Client {
  shout(): void;
}

describe("the types of a pool", () => {
  it("infer what is lent and what a task gives", () => {
    function _task(pool: Pool<Client>) {
      return pool.use(async (client, lease) => [await client.query(), lease.id] as const);
    }
    expectTypeOf<ReturnType<typeof _task>>().toEqualTypeOf<Promise<readonly [string, number]>>();
    expectTypeOf<Awaited<ReturnType<Pool<Client>["acquire"]>>>().toEqualTypeOf<Lease<Client>>();
    expectTypeOf<ReturnType<Pool<Client>["tryAcquire"]>>().toEqualTypeOf<Lease<Client> | undefined>();
  });

  it("let a pool of more stand for a pool of less, and not the other way round", () => {
    expectTypeOf<Pool<LoudClient>>().toExtend<Pool<Client>>();
    expectTypeOf<Pool<Client>>().not.toExtend<Pool<LoudClient>>();
    expectTypeOf<Lease<LoudClient>>().toExtend<Lease<Client>>();
    expectTypeOf<Lease<Client>>().not.toExtend<Lease<LoudClient>>();
  });

  it("refuse options that there are not, and factories that lack a part", () => {
    expectTypeOf<{ maxSize: number; reuse: "lifo" }>().toExtend<PoolOptions>();
    expectTypeOf<{ reuse: "random" }>().not.toExtend<PoolOptions>();
    expectTypeOf<{ maxSize: string }>().not.toExtend<PoolOptions>();
    expectTypeOf<{ kind: string; create: () => Promise<Client>; close: () => void }>().toExtend<
      ResourceFactory<Client>
    >();
    expectTypeOf<{ kind: string; create: () => Promise<Client> }>().not.toExtend<ResourceFactory<Client>>();
  });

  it("make a lease disposable at once, and a pool in time", () => {
    expectTypeOf<Lease<Client>>().toExtend<Disposable>();
    expectTypeOf<Pool<Client>>().toExtend<AsyncDisposable>();
  });
});
