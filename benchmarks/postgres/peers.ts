import { createPool } from "generic-pool";
import pg from "pg";
import postgresJs from "postgres";
import { POINT, ROWS, SIMPLE, type Item } from "./statements.ts";
import { POOL_SIZE, type PostgresEngine, type PostgresSubject } from "./subject.ts";

/** What runs a statement as pg's clients and pools do. */
interface PgQueries {
  query<Row extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
  end(): Promise<void>;
}

export function overPg(pool: PgQueries): PostgresSubject {
  return {
    simple: () => pool.query({ text: SIMPLE }),
    point: async (id) => (await pool.query<Item>({ text: POINT, values: [id] })).rows[0],
    prepared: async (id) => (await pool.query<Item>({ name: "point", text: POINT, values: [id] })).rows[0],
    rows: async () => (await pool.query({ text: ROWS })).rows,
    close: () => pool.end(),
  };
}

export const pgPool: PostgresEngine = {
  name: "pg.Pool",
  open: ({ url }) => Promise.resolve(overPg(new pg.Pool({ connectionString: url, max: POOL_SIZE }))),
};

/** What one would build from parts. */
const genericPool: PostgresEngine = {
  name: "generic-pool + pg",
  open({ url }) {
    const pool = createPool<pg.Client>(
      {
        async create() {
          const client = new pg.Client({ connectionString: url });
          await client.connect();
          return client;
        },
        destroy: (client) => client.end(),
      },
      { max: POOL_SIZE },
    );
    const subject = overPg({
      query: <Row extends pg.QueryResultRow>(config: pg.QueryConfig) =>
        pool.use((client) => client.query<Row>(config)) as Promise<pg.QueryResult<Row>>,
      end: () => Promise.resolve(pool.drain().then(() => pool.clear())),
    });
    return Promise.resolve(subject);
  },
};

/** Prepares what is written as a template by itself. */
const postgresJsPool: PostgresEngine = {
  name: "postgres.js",
  open({ url }) {
    const sql = postgresJs(url, { max: POOL_SIZE, onnotice: () => undefined });
    const point = async (id: number): Promise<Item | undefined> =>
      (await sql<Item[]>`select id, name, price, created_at from items where id = ${id}`)[0];
    return Promise.resolve({
      simple: async () => await sql.unsafe(SIMPLE),
      point,
      prepared: point,
      rows: async () => await sql.unsafe(ROWS),
      close: () => sql.end({ timeout: 5 }),
    });
  },
};

export const peers: readonly PostgresEngine[] = [postgresJsPool, genericPool];
