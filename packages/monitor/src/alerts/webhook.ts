import { setTimeout as sleep } from "node:timers/promises";
import { invalidOptions, parseDuration, readOptions, type Duration, type OptionTable } from "@pool/core";
import type { AlertSink } from "./sink.js";

export interface WebhookOptions {
  /** Where alerts are posted to, as JSON. Never shown: such addresses hold keys. */
  url: string;
  /** Sent along, for example an Authorization. */
  headers?: Readonly<Record<string, string>>;
  /** Longest time for one try, in ms. @default 5_000 */
  timeout?: Duration;
  /** Tries after the first. @default 3 */
  retries?: number;
}

export const webhookOptions: OptionTable<WebhookOptions> = {
  url: { type: "string", secret: true, required: true, doc: "Where alerts are posted to, as JSON." },
  headers: {
    type: "custom",
    shape: "an object of strings",
    secret: true,
    check: (value) =>
      typeof value === "object" && value !== null && Object.values(value).every((item) => typeof item === "string")
        ? undefined
        : "an object of strings",
    doc: "Sent along, for example an Authorization.",
  },
  timeout: { type: "duration", min: 1, max: 60_000, default: 5_000, doc: "Longest time for one try." },
  retries: {
    type: "integer",
    min: 0,
    max: 10,
    default: 3,
    doc: "Tries after the first, 0.5 s apart and then twice as long each.",
  },
};

const FIRST_PAUSE = 500;

/**
 * A sink that posts each alert as JSON. What fails without an answer, or with 429 or a server's error, is tried again; the receiver may so get one twice,
 * and tells it by `id`, `state` and `firedAt`. Redirects are not followed.
 * @throws PoolError `INVALID_OPTIONS`
 */
export function webhook(options: WebhookOptions): AlertSink {
  const read = readOptions(webhookOptions, options, "webhook") as unknown as Required<WebhookOptions>; // as the table says
  const address = URL.canParse(read.url) ? new URL(read.url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw invalidOptions("webhook", ["url must be an http or https address"]);
  const timeout = parseDuration(read.timeout) ?? 0; // checked by the table

  return async (alert, { signal }) => {
    const body = JSON.stringify(alert);
    for (let attempt = 0; ; attempt++) {
      const answer = await post(address, read.headers, body, AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
      if (answer === "done") return;
      signal.throwIfAborted();
      if (!answer.again || attempt >= read.retries)
        throw new Error(`webhook: ${answer.why}, after ${String(attempt + 1)} tries`);
      await sleep(FIRST_PAUSE * 2 ** attempt, undefined, { signal, ref: false });
    }
  };
}

type Answer = "done" | { readonly why: string; readonly again: boolean };

async function post(
  address: URL,
  headers: Readonly<Record<string, string>> | undefined,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      redirect: "manual",
      signal,
    });
    await answer.body?.cancel();
    if (answer.ok) return "done";
    return { why: `answered with ${String(answer.status)}`, again: answer.status === 429 || answer.status >= 500 };
  } catch (error) {
    // The error of fetch may show the address.
    const { cause } = Object(error) as { cause?: { code?: unknown } };
    const code = typeof cause?.code === "string" ? ` (${cause.code})` : "";
    return { why: `no answer${code}`, again: true };
  }
}
