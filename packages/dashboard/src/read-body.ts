import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.js";

const LONGEST = 4_096;
const PATIENCE = 5_000;

/** The body as text. @throws Refusal 415 unless it is plain JSON, 413 above 4 KiB however it is sent, 408 after 5 s */
export async function readJsonBody(request: IncomingMessage): Promise<string> {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
  if (!/^application\/json\s*(;|$)/i.test(type)) throw notJson("the body must be sent as application/json");
  if (encoding !== "identity") throw notJson("the body must not be compressed");
  if (Number(request.headers["content-length"] ?? 0) > LONGEST) throw tooLong();
  return readBefore(request) ?? (await collect(request));
}

/** Of a host whose parser comes first, as Express's does. */
function readBefore(request: IncomingMessage): string | undefined {
  const { body } = request as { readonly body?: unknown };
  if (!request.readableEnded || body === undefined) return undefined;
  const text = typeof body === "string" ? body : Buffer.isBuffer(body) ? body.toString("utf8") : JSON.stringify(body);
  if (Buffer.byteLength(text) > LONGEST) throw tooLong();
  return text;
}

/** Not by `for await`, which would destroy the connection when it stops early, and the answer with it. */
function collect(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (refusal: Refusal): void => {
      clearTimeout(late);
      request.off("data", take).pause();
      reject(refusal);
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > LONGEST) stop(tooLong());
      else chunks.push(chunk);
    };
    const late = setTimeout(() => stop(new Refusal(408, "BODY_TOO_LATE", "the body did not come in time")), PATIENCE);
    request.on("data", take);
    request.once("close", () => stop(new Refusal(400, "BODY_CUT_OFF", "the body was cut off")));
    request.once("end", () => {
      clearTimeout(late);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
  });
}

function notJson(message: string): Refusal {
  return new Refusal(415, "NOT_JSON", message);
}

function tooLong(): Refusal {
  return new Refusal(413, "BODY_TOO_LARGE", `the body may have ${LONGEST} bytes`);
}
