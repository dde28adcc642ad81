import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Config, readConfig } from "../../src/config.js";
import { silent } from "../../src/data/progress.js";
import { type Service, startService } from "../../src/lifecycle.js";
import { Client } from "./client.js";

/** Enough rows for every route, and made in a moment. */
export const SMALL = { DATA_PRODUCTS: "60", DATA_CUSTOMERS: "40", DATA_ORDERS: "300" };

/** A folder that is gone after the test (or after the file, when called in `beforeAll`). */
export async function temporaryFolder(cleanUp: (work: () => Promise<void>) => void = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "demo-api-"));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function testConfig(dataDir: string, env: Record<string, string> = {}): Config {
  const quiet = { PORT: "0", LOG_LEVEL: "silent", SHUTDOWN_DELAY: "10ms" };
  return readConfig({ ...quiet, ...SMALL, DATA_DIR: dataDir, ...env });
}

export interface TestService {
  readonly client: Client;
  readonly service: Service;
  readonly config: Config;
  stop(): Promise<boolean>;
}

/** The whole service on a real socket and a real file. Stop it yourself, best in `afterAll` or `onTestFinished`. */
export async function startTestService(dataDir: string, env: Record<string, string> = {}): Promise<TestService> {
  const config = testConfig(dataDir, env);
  const controller = new AbortController();
  const service = await startService(config, { progress: silent, signal: controller.signal });
  const stop = (): Promise<boolean> => {
    controller.abort(new Error("the test is over"));
    return service.stopped;
  };
  return { client: new Client(service.address), service, config, stop };
}

/** The same for one test: stopped and removed with it. */
export async function serviceForTest(env: Record<string, string> = {}): Promise<TestService & { dataDir: string }> {
  const dataDir = await temporaryFolder();
  const running = await startTestService(dataDir, env);
  onTestFinished(async () => {
    await running.stop();
  });
  return { ...running, dataDir };
}

/** Waits until `check` finds something, at most `timeout` ms. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  timeout = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
