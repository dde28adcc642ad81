import { PoolError } from "@pool/core";
import { expect, test } from "vitest";
import { ApiError, toReply } from "../src/errors.js";

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
  const reply = toReply(new PoolError(code, 'pool "db" at /srv/secret.sqlite: select 1'));
  expect(reply).toMatchObject({ status, code });
  expect(reply.retryAfter).toBe(retryAfter);
  expect(reply.message).not.toMatch(/secret|select/);
});

test.each([
  ["unique", "ALREADY_EXISTS"],
  ["primarykey", "ALREADY_EXISTS"],
  ["foreignkey", "STILL_REFERENCED"],
  ["check", "RULE_VIOLATED"],
  ["notnull", "RULE_VIOLATED"],
])("answers a violated %s constraint with 409", (violation, code) => {
  const error = new PoolError("CONSTRAINT_FAILED", "UNIQUE constraint failed: customers.email", {
    details: { constraint: violation },
  });
  expect(toReply(error)).toMatchObject({ status: 409, code });
});

test("says nothing of an error that it does not know", () => {
  for (const error of [
    new Error("cannot read /etc/shadow"),
    new PoolError("TRANSACTION_BUSY", "select * from secrets"),
    Object.assign(new Error("boom at /srv"), { statusCode: 500, code: "X" }),
    "text with /srv/path",
    undefined,
  ]) {
    expect(toReply(error)).toEqual({
      status: 500,
      code: "INTERNAL",
      message: "something went wrong on our side",
    });
  }
});

test("hands on what the service says itself", () => {
  expect(toReply(new ApiError(409, "OUT_OF_STOCK", "none left"))).toEqual({
    status: 409,
    code: "OUT_OF_STOCK",
    message: "none left",
  });
});
