import { type Monitor, type MonitorOptions, watch } from "@pool/monitor";
import { onTestFinished } from "vitest";
import { dashboard, type DashboardOptions } from "../../src/index.js";
import { serve, type Served } from "./serve.js";

/** A dashboard at /dashboard/ of a plain server, with a monitor of its own; gone after the test. */
export async function site(
  options: DashboardOptions = {},
  { port, ...monitorOptions }: MonitorOptions & { port?: number } = {},
): Promise<Served & { monitor: Monitor; handle: Disposable; url: string }> {
  const monitor = watch(monitorOptions);
  const handle = dashboard(monitor, { path: "/dashboard", ...options });
  onTestFinished(() => {
    handle[Symbol.dispose]();
    monitor[Symbol.dispose]();
  });
  const served = await serve(handle, { ...(port !== undefined && { port }) });
  return { ...served, monitor, handle, url: `${served.address}/dashboard/` };
}
