import { request as http, type RequestOptions } from "node:http";
import { request as https } from "node:https";

/** Where etcd's JSON gateway is, and what TLS asks of its clients. */
export interface Gateway {
  readonly port: number;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | undefined;
}

const PATIENCE = 10_000;

/** One request of the gateway, by path. @throws Error with what the server says */
export async function callGateway(
  gateway: Gateway,
  path: string,
  body: object,
  token?: string,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = token === undefined ? {} : { authorization: token };
  const { status, text } = await ask(gateway, { method: "POST", path: `/v3/${path}`, headers }, JSON.stringify(body));
  const reply = JSON.parse(text) as { readonly message?: unknown; readonly error?: unknown };
  if (status !== 200) throw new Error(`etcd: ${path}: ${String(reply.message ?? reply.error)}`);
  return { ...reply };
}

/** It serves clients, and knows a leader. */
export async function isHealthy(gateway: Gateway): Promise<boolean> {
  const { status } = await ask(gateway, { path: "/health" });
  return status === 200;
}

function ask(
  { port, tls }: Gateway,
  options: RequestOptions,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const all = { host: "127.0.0.1", port, timeout: PATIENCE, agent: false, ...options, ...tls };
    const asked = (tls === undefined ? http : https)(all, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end(body);
  });
}
