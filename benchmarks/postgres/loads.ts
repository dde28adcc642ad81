import { idAt } from "../lib/ids.ts";
import { ITEMS } from "./statements.ts";
import type { PostgresSubject, Statement } from "./subject.ts";

/** One load: a statement, and how many callers run it at once. */
export interface PostgresLoad {
  readonly name: string;
  readonly title: string;
  readonly statement: Statement;
  readonly callers: number;
  /** Statements of one measurement. */
  readonly count: number;
}

const STATEMENTS: readonly { statement: Statement; title: string; count: (callers: number) => number }[] = [
  { statement: "simple", title: "text without values", count: ofShort },
  { statement: "point", title: "read by key", count: ofShort },
  { statement: "prepared", title: "prepared read by key", count: ofShort },
  { statement: "rows", title: "1000 rows", count: (callers) => (callers === 1 ? 60 : 120) },
];

export const CONCURRENCY = [1, 10, 100] as const;

export const postgresLoads: readonly PostgresLoad[] = STATEMENTS.flatMap(({ statement, title, count }) =>
  CONCURRENCY.map((callers) => ({
    name: `${statement}-${String(callers)}`,
    title: `${title}, ${String(callers)} at once`,
    statement,
    callers,
    count: count(callers),
  })),
);

function ofShort(callers: number): number {
  return { 1: 2_000, 10: 6_000 }[callers] ?? 10_000;
}

/** Runs statements until `next` gives no further index, so many callers at once. */
export async function drive(
  subject: PostgresSubject,
  { statement, callers }: Pick<PostgresLoad, "statement" | "callers">,
  next: () => number | undefined,
): Promise<void> {
  const caller = async (): Promise<void> => {
    for (let index = next(); index !== undefined; index = next()) await run(subject, statement, index);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

function run(subject: PostgresSubject, statement: Statement, index: number): Promise<unknown> {
  switch (statement) {
    case "simple":
      return subject.simple();
    case "point":
      return subject.point(idAt(index, ITEMS));
    case "prepared":
      return subject.prepared(idAt(index, ITEMS));
    case "rows":
      return subject.rows();
  }
}

/** So many statements, from 0. */
export function upTo(count: number): () => number | undefined {
  let index = 0;
  return () => (index < count ? index++ : undefined);
}
