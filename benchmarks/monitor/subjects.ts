import { createRequire } from "node:module";
import type * as Pg from "pg";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { createPool } from "@pool/core";
import { watch } from "@pool/monitor";
import { exportOpenTelemetry } from "@pool/monitor/opentelemetry";
import { postgres } from "@pool/postgres";
import { isInTurns, type Watching } from "./loads.ts";
import { recordSpans } from "./telemetry.ts";

/** Runs so many operations. */
export type Subject = (count: number) => Promise<void>;

/** The id that is asked for does not matter, as long as it is another each time. */
const IDS = 100;
const CALLERS = 10;
const POINT = "select id, name from monitored where id = $1";

/** What watches is installed first, as a service does. Who is watched in turns has seen a monitor come and go by then. */
function install(watching: Watching): void {
  const { monitor, openTelemetry } = watching;
  if (monitor === undefined) return;
  const installed = watch();
  if (monitor === "disposed" || isInTurns(watching)) installed[Symbol.dispose]();
  if (openTelemetry === true) exportOpenTelemetry(installed, { tracerProvider: recordSpans() });
}

export async function leaseSubject(watching: Watching): Promise<Subject> {
  install(watching);
  const factory = { kind: "nothing", create: () => Promise.resolve({}), close: () => undefined };
  const pool = createPool(factory, { stacks: watching.stacks ?? "off" });
  await pool.warm(1);
  const done = Promise.resolve({ rowCount: 1 });
  const work = (): Promise<{ rowCount: number }> => done;
  return async (count) => {
    for (let n = 0; n < count; n++) {
      const lease = await pool.acquire();
      await lease.track(POINT, work);
      lease.release();
    }
  };
}

export async function querySubject(watching: Watching, url: string): Promise<Subject> {
  const query = watching.library === "pg" ? await pgQuery(watching, url) : await ourQuery(watching, url);
  return async (count) => {
    let left = count;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await query((left % IDS) + 1);
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
  };
}

async function ourQuery(watching: Watching, url: string): Promise<(id: number) => Promise<unknown>> {
  install(watching);
  const { client } = await postgres({ url, maxSize: CALLERS, stacks: watching.stacks ?? "off" }).connect();
  return (id) => client.query(POINT, [id]);
}

async function pgQuery({ openTelemetry }: Watching, url: string): Promise<(id: number) => Promise<unknown>> {
  if (openTelemetry === true) {
    const instrumentation = new PgInstrumentation();
    instrumentation.setTracerProvider(recordSpans());
    instrumentation.enable();
  }
  // It is patched where it is required, and only after the instrumentation was made.
  const { Pool } = createRequire(import.meta.url)("pg") as typeof Pg;
  const pool = new Pool({ connectionString: url, max: CALLERS });
  await pool.query("select 1");
  return (id) => pool.query(POINT, [id]);
}
