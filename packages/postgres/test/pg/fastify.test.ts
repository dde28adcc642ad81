import fastifyPostgres from "@fastify/postgres";
import fastify from "fastify";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { Pool } from "../../src/pg/index.js";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();

describe("@fastify/postgres over our pool", () => {
  it("queries, rolls back, serves more callers than connections, and ends", async () => {
    const app = fastify();
    await app.register(fastifyPostgres, { connectionString: database.url, max: 3, pg: { ...pg, Pool } });
    const { pool } = app.pg;
    expect(pool).toBeInstanceOf(Pool);
    await app.pg.query("create table person (id int primary key)");
    app.get<{ Params: { n: string } }>("/echo/:n", async ({ params }) => {
      const { rows } = await app.pg.query<{ n: number }>("select $1::int as n", [params.n]);
      return rows[0];
    });
    app.post("/fail", (_request, reply) =>
      app.pg
        .transact(async (client) => {
          await client.query("insert into person values (1)");
          throw new Error("no");
        })
        .catch((error: unknown) => reply.code(409).send(String(error))),
    );
    expect((await app.inject({ method: "POST", url: "/fail" })).statusCode).toBe(409);
    expect((await app.pg.query("select * from person")).rows).toEqual([]);
    await app.pg.transact((client) => client.query("insert into person values (2)"));
    expect((await app.pg.query("select * from person")).rows).toEqual([{ id: 2 }]);
    const answers = await atOnce((n) => app.inject(`/echo/${String(n)}`));
    expect(answers.map((response) => response.json<{ n: number }>().n)).toEqual(NUMBERS);
    await app.close();
    expect(pool.ended).toBe(true);
  });
});
