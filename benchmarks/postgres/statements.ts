/** What every contestant runs, on the same tables. */
export const SIMPLE = "select 1 as one";
export const POINT = "select id, name, price, created_at from items where id = $1";
export const ROWS =
  "select id, views, price, rating, name, note, active, created_at, tags, data from mixed order by id";

export const ITEMS = 10_000;
export const ROW_COUNT = 1_000;

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: string;
  readonly created_at: Date;
}

export const SCHEMA = `
  create table items (id int primary key, name text not null, price numeric(10, 2) not null, created_at timestamptz not null);
  insert into items
    select i, 'item number ' || i, i * 1.25, timestamptz '2026-01-01' + i * interval '1 minute'
    from generate_series(1, ${String(ITEMS)}) i;
  create table mixed (
    id int primary key, views bigint not null, price numeric(10, 2) not null, rating float8, name text not null, note text,
    active boolean not null, created_at timestamptz not null, tags text[] not null, data jsonb not null);
  insert into mixed
    select i, i * 10000000000, i * 1.25, i / 7.0, 'item number ' || i, case when i % 3 = 0 then null else repeat('ü', i % 40) end,
      i % 2 = 0, timestamptz '2026-01-01' + i * interval '1 minute', array['tag ' || i, 'b'], jsonb_build_object('n', i, 'list', array[1, 2, i])
    from generate_series(1, ${String(ROW_COUNT)}) i;
  analyze items;
  analyze mixed`;

/** The same for pgbench, which binds what it has drawn. */
export const SCRIPTS = {
  simple: `${SIMPLE};\n`,
  point: `\\set id random(1, ${String(ITEMS)})\n${POINT.replace("$1", ":id")};\n`,
  prepared: `\\set id random(1, ${String(ITEMS)})\n${POINT.replace("$1", ":id")};\n`,
  rows: `${ROWS};\n`,
} as const;
