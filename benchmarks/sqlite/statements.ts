import Database from "better-sqlite3";
import { cpuTime } from "../lib/cpu-time.ts";

/** Rows in the table of items. */
export const ITEMS = 10_000;
/** Statements of one batch. */
export const BATCH = 50;

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
}

/** One look-up by the key: ours runs it in the thread. */
export const POINT = "select id, name, price from item where id = ?";
/** As little work, but by its text it could walk the table, so ours runs it off the thread. */
export const READ = "select id, name, price from item where id >= ? order by id limit 1";
/** Counts to its parameter: a query that takes as long as one likes. */
export const SLOW =
  "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select count(*) as count from n";
export const INSERT = "insert into event (item, note) values (?, ?)";

/** What every connection of every contestant is set to. */
export const PRAGMAS = [
  "journal_mode = wal",
  "synchronous = normal",
  "cache_size = 10000",
  "temp_store = memory",
  "busy_timeout = 5000",
];

export function open(file: string): Database.Database {
  const database = new Database(file);
  for (const pragma of PRAGMAS) database.pragma(pragma);
  return database;
}

/** A new database with its items. */
export function seed(file: string): void {
  const database = open(file);
  database.exec("create table item (id integer primary key, name text not null, price integer not null)");
  database.exec("create table event (id integer primary key, item integer not null, note text not null)");
  const insert = database.prepare("insert into item (name, price) values (?, ?)");
  database.transaction(() => {
    for (let id = 1; id <= ITEMS; id++) insert.run(`item number ${String(id)}`, (id * 7919) % 1000);
  })();
  database.close();
}

/** How far {@link SLOW} counts in so many ms of CPU on this machine: by the fastest of some tries. */
export function countFor(ms: number): number {
  const database = new Database(":memory:");
  const statement = database.prepare(SLOW);
  const trial = 100_000;
  const times = Array.from({ length: 5 }, () => {
    const start = cpuTime();
    statement.get(trial);
    return cpuTime() - start;
  });
  database.close();
  return Math.round((trial * ms) / Math.min(...times));
}
