import { createHash } from "node:crypto";

/** A script, and the name that the server knows it by once it has seen it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

// What is kept under a lock's key: the token, a space, the owner.

/**
 * KEYS lock, counter; ARGV owner, ttl. The token is one more than the last, and never less than the server's time in µs: so it grows even where the counter was
 * lost, in a failover to a replica that had not heard of it.
 */
export const TAKE = script(`local value = redis.call("get", KEYS[1])
if value then
  local token, owner = string.match(value, "^(%d+) (.*)$")
  if owner ~= ARGV[1] then return {0, redis.call("pttl", KEYS[1])} end
  redis.call("pexpire", KEYS[1], ARGV[2])
  return {1, token}
end
local time = redis.call("time")
local last = tonumber(redis.call("get", KEYS[2]) or "0")
local token = string.format("%.0f", math.max(last + 1, time[1] * 1000000 + time[2]))
redis.call("set", KEYS[2], token)
redis.call("set", KEYS[1], token .. " " .. ARGV[1], "PX", ARGV[2])
return {1, token}`);

/** KEYS lock; ARGV owner, ttl. */
export const RENEW = script(`local value = redis.call("get", KEYS[1])
if not value or string.match(value, "^%d+ (.*)$") ~= ARGV[1] then return 0 end
return redis.call("pexpire", KEYS[1], ARGV[2])`);

/** KEYS lock; ARGV owner. Who waits for it is told. */
export const DROP = script(`local value = redis.call("get", KEYS[1])
if not value or string.match(value, "^%d+ (.*)$") ~= ARGV[1] then return 0 end
redis.call("del", KEYS[1])
redis.call("publish", KEYS[1], "free")
return 1`);
