import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { ServiceProcess } from "./child.js";
import { type Backend } from "./databases.js";
import { eventually } from "./service.js";

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

// Few products and many customers: each product was bought by nearly everybody, so the report joins millions of pairs.
const SLOW_REPORT = {
  DATA_PRODUCTS: "4",
  DATA_CUSTOMERS: "2000",
  DATA_ORDERS: "8000",
  SHUTDOWN_TIMEOUT: "90s",
  REPORT_TIMEOUT: "90s",
};
const ENDLESS_REPORT = { DATA_PRODUCTS: "4", DATA_CUSTOMERS: "6000", DATA_ORDERS: "25000", REPORT_TIMEOUT: "10m" };

interface Answer {
  readonly status: number;
  readonly close: boolean;
  readonly body: string;
}

/** One call on a connection of `agent`. Rejects with the socket's error. */
async function call(address: string, path: string, { agent, body }: { agent: Agent; body?: unknown }): Promise<Answer> {
  const outgoing = request(`${address}${path}`, {
    agent,
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of reply) text += String(chunk);
  return { status: reply.statusCode ?? 0, close: reply.headers.connection === "close", body: text };
}

function newAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function reportRuns(address: string): Promise<void> {
  await eventually("the report's start", async () => {
    const pools = await (await fetch(`${address}/pools`)).text();
    return pools.includes("report: similar customers") || undefined;
  });
}

/** What a service on that backend promises about its end, and about a start after a sudden one. One file for each backend, which can run side by side. */
export function describeShutdown(backend: Backend): void {
  test("SIGTERM loses no accepted request: what runs is finished, what is kept is answered, then the process ends with 0", async () => {
    const database = await backend.create();
    const service = new ServiceProcess(database, { ...SLOW_REPORT, SHUTDOWN_DELAY: "3s" });
    const address = await service.address();
    const before = (await database.read<{ n: number }>("select max(id) as n from orders"))[0]!.n;

    const report = call(address, "/reports/similar-customers?limit=1", { agent: newAgent() });
    // Callers that order without a pause, each on its kept connection, until they are told to go elsewhere.
    const answers: Answer[] = [];
    let told = 0;
    const order = { customerId: 1, items: [{ productId: 1, quantity: 1 }] };
    const caller = async (): Promise<void> => {
      const agent = newAgent();
      for (;;) {
        const answer = await call(address, "/orders", { agent, body: order });
        answers.push(answer);
        if (!answer.close) continue;
        told++;
        return;
      }
    };
    const callers = Array.from({ length: 20 }, caller);
    await reportRuns(address);
    await eventually("some orders", () => answers.length > 50 || undefined);

    service.kill("SIGTERM");
    await Promise.all(callers);
    expect(told).toBe(20);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(await report).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual({ code: 0, signal: null });

    const placed = answers
      .filter(({ status }) => status === 201)
      .map(({ body }) => (JSON.parse(body) as { id: number }).id);
    expect(placed.length).toBeGreaterThan(0);
    expect(
      (await database.read<{ id: number }>(`select id from orders where id > ${before} order by id`)).map(
        ({ id }) => id,
      ),
    ).toEqual(placed.sort((a, b) => a - b));
  });

  test("after SIGTERM it is not ready, then refuses connections, while an accepted report is still finished", async () => {
    const database = await backend.create();
    const service = new ServiceProcess(database, { ...SLOW_REPORT, SHUTDOWN_DELAY: "500ms" });
    const address = await service.address();
    let finished = false;
    const report = call(address, "/reports/similar-customers?limit=1", { agent: newAgent() }).finally(
      () => (finished = true),
    );
    await reportRuns(address);

    service.kill("SIGTERM");
    const notReady = await eventually("readiness turning 503", async () => {
      const reply = await fetch(`${address}/health/ready`);
      return reply.status === 503 ? await reply.json() : undefined;
    });
    expect(notReady).toEqual({ error: { code: "SHUTTING_DOWN", message: "the service is shutting down" } });
    await eventually("the refusal of connections", () =>
      fetch(`${address}/health/live`).then(
        () => undefined,
        (error: unknown) => ((error as Error).cause as { code?: string }).code === "ECONNREFUSED" || undefined,
      ),
    );
    expect(finished).toBe(false);
    expect(await report).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  test("cuts off with 503 what is not finished at the deadline, and ends with 1", async () => {
    const service = new ServiceProcess(await backend.create(), { ...ENDLESS_REPORT, SHUTDOWN_TIMEOUT: "1500ms" });
    const address = await service.address();
    const report = call(address, "/reports/similar-customers", { agent: newAgent() });
    await reportRuns(address);
    service.kill("SIGTERM");
    const answer = await report;
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toEqual({
      error: { code: "SHUTTING_DOWN", message: "the service is shutting down" },
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
  });

  test("takes a signal to the whole group, and its echo, as one; a later second one ends it at once", async () => {
    const service = new ServiceProcess(await backend.create(), SLOW_REPORT);
    const address = await service.address();
    const report = call(address, "/reports/similar-customers?limit=1", { agent: newAgent() });
    await reportRuns(address);
    service.killGroup("SIGINT");
    service.kill("SIGINT");
    expect(await report).toMatchObject({ status: 200 });
    expect(await service.exited).toEqual({ code: 0, signal: null });

    const stuck = new ServiceProcess(await backend.create(), { ...ENDLESS_REPORT, SHUTDOWN_TIMEOUT: "10m" });
    const stuckAddress = await stuck.address();
    const lost = call(stuckAddress, "/reports/similar-customers", { agent: newAgent() });
    await reportRuns(stuckAddress);
    stuck.kill("SIGTERM");
    await setTimeout(1_500);
    stuck.kill("SIGTERM");
    await expect(lost).rejects.toThrow();
    expect(await stuck.exited).toEqual({ code: 1, signal: null });
  });

  test("is not held up by connections on which nothing, or half a request, was said", async () => {
    const service = new ServiceProcess(await backend.create(), { SHUTDOWN_TIMEOUT: "60s" });
    const { hostname, port } = new URL(await service.address());
    for (const words of ["", "GET / HT"]) {
      const idle = connect(Number(port), hostname);
      onTestFinished(() => void idle.destroy());
      await once(idle, "connect");
      idle.write(words);
    }
    await eventually("an answer", async () => (await fetch(`http://${hostname}:${port}/health/live`)).ok || undefined);
    const before = performance.now();
    service.kill("SIGINT");
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  test("can be stopped while it generates its data, or killed, and begins again at the next start", async () => {
    const database = await backend.create();
    // Orders are made 5000 at a time: as many as there are here pass both 20 and 40 %.
    const env = { DATA_PRODUCTS: "500", DATA_CUSTOMERS: "2000", DATA_ORDERS: "20000" };
    const stopped = new ServiceProcess(database, env);
    await stopped.says(/: 20 %/);
    stopped.kill("SIGTERM");
    expect(await stopped.exited).toEqual({ code: 0, signal: null });
    expect(stopped.stderr).not.toContain("listens");

    const killed = new ServiceProcess(database, env);
    await killed.says(/: 40 %/);
    killed.kill("SIGKILL");
    await killed.exited;

    const third = new ServiceProcess(database, env);
    await third.address();
    expect(third.stderr).toMatch(/done in/);
    expect(await database.read("select count(*) as n from orders")).toEqual([{ n: 20_000 }]);
    third.kill("SIGTERM");
    await third.exited;

    const fourth = new ServiceProcess(database, env);
    await fourth.address();
    expect(fourth.stderr).not.toContain("generating");
  });
}
