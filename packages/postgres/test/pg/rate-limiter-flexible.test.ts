import { RateLimiterPostgres } from "rate-limiter-flexible";
import { describe, expect, it } from "vitest";
import { atOnce, CALLERS, testDatabase } from "./support.js";

const database = testDatabase();

describe("rate-limiter-flexible over our pool", () => {
  it("knows it as a pool, and counts for more callers than connections", async () => {
    const pool = database.open();
    const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
      const made: RateLimiterPostgres = new RateLimiterPostgres(
        { storeClient: pool, tableName: "limits", points: 5, duration: 60, clearExpiredByTimeout: false },
        (error?: Error) => (error === undefined ? resolve(made) : reject(error)),
      );
    });
    const outcomes = await atOnce(() =>
      limiter.consume("somebody").then(
        () => "let in",
        () => "refused",
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "let in")).toHaveLength(5);
    expect(await limiter.get("somebody")).toMatchObject({ consumedPoints: CALLERS });
    expect(await limiter.delete("somebody")).toBe(true);
  });
});
