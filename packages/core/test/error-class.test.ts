import { expect, test } from "vitest";
import { classifyError, type Classify, type ErrorClass } from "../src/error-class.js";
import { PoolError } from "../src/errors.js";

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code });

test.each<[string, unknown, ErrorClass]>([
  ["a code of ours", new PoolError("QUEUE_FULL", "full"), "overload"],
  ["a code of Node's", coded("ECONNREFUSED"), "connection"],
  ["a limit of time", new PoolError("QUERY_TIMEOUT", "slow"), "timeout"],
  ["a call that is wrong", new PoolError("INVALID_ARGUMENT", "no"), "syntax"],
  ["the cause of what has no code", new Error("wrapped", { cause: coded("EPIPE") }), "connection"],
  ["the first of several", new AggregateError([coded("ENOTFOUND"), coded("EMFILE")]), "connection"],
  ["the outermost of two", new PoolError("CONNECT_TIMEOUT", "late", { cause: coded("ECONNRESET") }), "timeout"],
  [
    "why nothing came free in time",
    new PoolError("ACQUIRE_TIMEOUT", "late", { cause: coded("ECONNREFUSED") }),
    "connection",
  ],
  ["a wait that says no more", new PoolError("ACQUIRE_TIMEOUT", "late"), "overload"],
  ["a code that nobody knows", coded("EWHAT"), "unknown"],
  ["a name of Object's", coded("constructor"), "unknown"],
  ["a text", "ECONNREFUSED", "unknown"],
  ["nothing", undefined, "unknown"],
])("knows %s", (_, error, expected) => {
  expect(classifyError(error)).toBe(expected);
});

test("asks the adapter first, along the causes, and never about what is ours", () => {
  const asked: unknown[] = [];
  const own: Classify = (error) => {
    asked.push(error);
    return (error as { code?: unknown }).code === "28P01" ? "auth" : undefined;
  };
  const refused = coded("28P01");
  const error = new PoolError("CONNECT_FAILED", "no", { cause: new PoolError("OWN", "its own", { cause: refused }) });
  expect(classifyError(error, own)).toBe("auth");
  expect(asked).toEqual([error.cause, refused]);
});

test("survives an adapter that throws, and a chain that bites its tail", () => {
  const thrower: Classify = () => {
    throw new Error("broken");
  };
  expect(classifyError(coded("ECONNRESET"), thrower)).toBe("connection");
  const snake: { cause?: unknown } = {};
  snake.cause = snake;
  expect(classifyError(snake)).toBe("unknown");
});
