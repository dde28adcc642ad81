import { PoolError } from "@pool/core";
import { expect, test } from "vitest";
import { ApiError, toReply, type Violation } from "../src/errors.js";

const none = (): undefined => undefined;

test.each([
  ["ACQUIRE_TIMEOUT", 503, 1],
  ["QUEUE_FULL", 503, 1],
  ["UNAVAILABLE", 503, 5],
  ["CONNECT_FAILED", 503, 5],
  ["NOT_CONNECTED", 503, 5],
  ["RESOURCE_LOST", 503, 1],
  ["POOL_CLOSED", 503, 5],
  ["QUERY_TIMEOUT", 504, undefined],
  ["OUTCOME_UNKNOWN", 500, undefined],
])("answers %s with %i", (code, status, retryAfter) => {
  const reply = toReply(new PoolError(code, 'pool "db" at /srv/secret.sqlite: select 1'), none);
  expect(reply).toMatchObject({ status, code });
  expect(reply.retryAfter).toBe(retryAfter);
  expect(reply.message).not.toMatch(/secret|select/);
});

test.each<[Violation, string]>([
  ["unique", "ALREADY_EXISTS"],
  ["foreign-key", "STILL_REFERENCED"],
  ["check", "RULE_VIOLATED"],
  ["not-null", "RULE_VIOLATED"],
])("answers a violated %s constraint with 409", (violation, code) => {
  expect(toReply(new Error("UNIQUE constraint failed: customers.email"), () => violation)).toMatchObject({
    status: 409,
    code,
  });
});

test("says nothing of an error that it does not know", () => {
  for (const error of [
    new Error("cannot read /etc/shadow"),
    new PoolError("TRANSACTION_BUSY", "select * from secrets"),
    Object.assign(new Error("boom at /srv"), { statusCode: 500, code: "X" }),
    "text with /srv/path",
    undefined,
  ]) {
    expect(toReply(error, none)).toEqual({
      status: 500,
      code: "INTERNAL",
      message: "something went wrong on our side",
    });
  }
});

test("hands on what the service says itself", () => {
  expect(toReply(new ApiError(409, "OUT_OF_STOCK", "none left"), none)).toEqual({
    status: 409,
    code: "OUT_OF_STOCK",
    message: "none left",
  });
});
