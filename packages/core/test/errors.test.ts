import { describe, expect, it } from "vitest";
import { isPoolError, PoolError, reasonOf, withoutStack } from "../src/errors.js";

describe("PoolError", () => {
  it("carries its code, details and cause", () => {
    const cause = new Error("ECONNREFUSED");
    const error = new PoolError("CONNECT_FAILED", "no connection", { cause, details: { attempt: 2 } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "PoolError", code: "CONNECT_FAILED", message: "no connection", cause });
    expect(error.details).toEqual({ attempt: 2 });
  });

  it("has a cause only where one was given, undefined included", () => {
    expect("cause" in new PoolError("POOL_CLOSED", "closed")).toBe(false);
    expect("cause" in new PoolError("POOL_CLOSED", "closed", { cause: undefined })).toBe(true);
    expect(new PoolError("POOL_CLOSED", "closed").details).toEqual({});
  });

  it("takes the codes of adapters", () => {
    expect(new PoolError("PG_COPY_OPEN", "no").code).toBe("PG_COPY_OPEN");
  });
});

describe("isPoolError", () => {
  it("tells ours from others', and one code from another", () => {
    const error = new PoolError("QUEUE_FULL", "full");
    expect(isPoolError(error)).toBe(true);
    expect(isPoolError(error, "QUEUE_FULL")).toBe(true);
    expect(isPoolError(error, "POOL_CLOSED")).toBe(false);
    expect(isPoolError(new Error("QUEUE_FULL"))).toBe(false);
    expect(isPoolError({ code: "QUEUE_FULL" })).toBe(false);
    expect(isPoolError(undefined)).toBe(false);
  });
});

describe("reasonOf", () => {
  it.each([
    [new Error("refused"), "refused"],
    [new RangeError(""), "RangeError"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    [new AggregateError([new Error("a"), new Error("b")], "both"), "both"],
    [new AggregateError([new Error("a"), "b"]), "a; b"],
    [{ code: 5 }, "[object Object]"],
    [Symbol("s"), "Symbol(s)"],
    [Object.create(null), "an object that has no text"],
  ])("says of %o that it is %j", (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });

  it.each([
    [new Error("connect postgres://app:hunter2@db/x failed"), "connect postgres://[redacted]@db/x failed"],
    [new AggregateError([new Error("password=hunter2"), "a"]), "password=[redacted]; a"],
    ["redis://:hunter2@cache", "redis://[redacted]@cache"],
  ])("says nothing secret of %o", (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });

  it("has a text also for an error that has none to give", () => {
    const error = new Error("x");
    Object.defineProperty(error, "message", { value: Object.create(null) });
    expect(reasonOf(error)).toBe("an object that has no text");
  });
});

describe("withoutStack", () => {
  it("makes an error without frames, and leaves the limit as it was", () => {
    const before = Error.stackTraceLimit;
    const error = withoutStack(() => new PoolError("QUEUE_FULL", "full"));
    expect(error.stack).toBe("PoolError: full");
    expect(Error.stackTraceLimit).toBe(before);
  });

  it("gives it the text that V8 begins a stack with", () => {
    for (const make of [
      () => new PoolError("QUEUE_FULL", "full"),
      () => new PoolError("QUEUE_FULL", "full", { cause: new Error("so it is"), details: { waiting: 1 } }),
      () => new TypeError("two\nlines"),
    ]) {
      const [usual, short] = [make(), withoutStack(make)];
      expect(usual.stack?.split("\n    at ")[0]).toBe(short.stack);
      expect(Object.keys(short)).toEqual(Object.keys(usual));
    }
    expect(withoutStack(() => new Error("")).stack).toBe("Error");
    expect(withoutStack(() => new PoolError("QUEUE_FULL", "full"), "at hand").stack).toBe("at hand");
  });

  it("leaves the limit as it was when the making fails", () => {
    const before = Error.stackTraceLimit;
    expect(() =>
      withoutStack(() => {
        throw new TypeError("no error came of it");
      }),
    ).toThrow(TypeError);
    expect(Error.stackTraceLimit).toBe(before);
  });
});
