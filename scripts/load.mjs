// `npm run load [ADDRESS] [--seconds N]`: puts a realistic load on a demo service that runs on this machine, for a minute, so that one sees in its
// dashboard what a busy day looks like: arrivals that come and go in waves, slow reports, a lease that leaks, and a burst.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Tally } from "./tally.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string" } } });
const address = addressOf(positionals[0] ?? `http://127.0.0.1:${process.env.PORT ?? 3000}`);
const seconds = Number(values.seconds ?? 60);
if (!(seconds >= 1 && seconds <= 3_600)) throw new Error("--seconds takes a number from 1 to 3600");

const PER_SECOND = 40;
/** Callers give up after so long, and no more of them are on their way at once. */
const PATIENCE = 10_000;
const MOST = 600;

const tally = new Tally();
const stop = new AbortController();
const ids = await readIds();

const visits = [
  () => ({ name: "products", path: "/products?sort=price&limit=20" }),
  () => ({ name: "product", path: `/products/${pick(ids.products)}` }),
  () => ({ name: "product", path: `/products/${pick(ids.products)}` }),
  () => ({ name: "customer", path: `/customers/${pick(ids.customers)}` }),
  () => ({ name: "orders", path: `/orders?customerId=${pick(ids.customers)}&limit=10` }),
  order,
  order,
];

const began = performance.now();
const part = () => (performance.now() - began) / (seconds * 1_000);

process.once("SIGINT", () => stop.abort());
setTimeout(() => stop.abort(), seconds * 1_000).unref();
console.log(`${seconds} s of load on ${address}; watch it at ${address}/dashboard`);
await Promise.all([arrivals(), reports(), leaks(), burst(), progress()]);
await tally.settled(PATIENCE);
console.log(tally.describe((performance.now() - began) / 1_000));
process.exitCode = tally.failed > 0 ? 1 : 0;

/** Callers come independently of one another, more of them at the top of a wave. */
async function arrivals() {
  while (!stop.signal.aborted) {
    const rate = PER_SECOND * (1 + 0.7 * Math.sin(part() * 6 * Math.PI));
    await pause((-Math.log(1 - Math.random()) / rate) * 1_000);
    if (!stop.signal.aborted) call(pick(visits)());
  }
}

/** Two at a time now and then, seconds of work each. */
async function reports() {
  for (; !stop.signal.aborted; await pause(seconds * 120)) {
    for (let n = 0; n < 2; n++) call({ name: "report", path: "/reports/similar-customers?limit=5" });
  }
}

/** Somebody forgets a lease for half of the time, and somebody else drops one. */
async function leaks() {
  await pause(seconds * 80);
  for (const [how, wait] of [
    ["held", 0],
    ["dropped", seconds * 100],
  ]) {
    await pause(wait);
    if (stop.signal.aborted) return;
    const body = { how, seconds: Math.max(1, Math.round(seconds * 0.6)) };
    call({ name: `leak (${how})`, path: "/demo/leak", body, optional: true });
  }
}

/** At half time everybody comes at once. */
async function burst() {
  await pause(seconds * 500);
  for (let n = 0; n < 300 && !stop.signal.aborted; n++) {
    call(order());
    if (n % 30 === 0) await pause(20);
  }
}

async function progress() {
  for (;;) {
    await pause(5_000);
    if (stop.signal.aborted) return;
    console.log(`${Math.round(part() * 100)} %: ${tally.done} answers, ${tally.underWay} under way`);
  }
}

function call({ name, path, body, optional }) {
  if (tally.underWay >= MOST) return tally.skip();
  void tally.run(name, async () => {
    const sent = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(address + path, { signal, ...sent });
    await response.arrayBuffer();
    return optional && response.status === 404 ? "not there" : response.status;
  });
}

function order() {
  const items = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
    productId: pick(ids.products),
    quantity: 1,
  }));
  const unique = [...new Map(items.map((item) => [item.productId, item])).values()];
  return { name: "order", path: "/orders", body: { customerId: pick(ids.customers), items: unique } };
}

async function readIds() {
  const read = async (path) => {
    const response = await fetch(address + path).catch(() => undefined);
    if (!response?.ok) throw new Error(`no demo service answers at ${address}: start one with npm start`);
    return (await response.json()).items.map(({ id }) => id);
  };
  return { products: await read("/products?limit=200"), customers: await read("/customers?limit=200") };
}

function addressOf(text) {
  const { protocol, hostname, origin } = new URL(text);
  const isHere = hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  if (protocol !== "http:" || !isHere) throw new Error(`this load is for a service on this machine, not for ${text}`);
  return origin;
}

function pause(ms) {
  return sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
}

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}
