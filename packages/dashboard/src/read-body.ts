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

  const chunks: Buffer[] = [];
  let length = 0;
  const late = setTimeout(() => request.destroy(new Refusal(408, "BODY_TOO_LATE", "the body did not come")), PATIENCE);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LONGEST) throw tooLong();
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function notJson(message: string): Refusal {
  return new Refusal(415, "NOT_JSON", message);
}

function tooLong(): Refusal {
  return new Refusal(413, "BODY_TOO_LARGE", `the body may have ${LONGEST} bytes`);
}
