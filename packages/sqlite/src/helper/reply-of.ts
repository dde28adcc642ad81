import { type Done, type Reply } from "./protocol.ts";
import { toWire } from "./wire-error.ts";

/** What comes of work that takes several turns. */
export async function replyOf(id: number, work: Promise<Omit<Done, "id" | "ms">>): Promise<Reply> {
  const startedAt = performance.now();
  try {
    return { id, ...(await work), ms: performance.now() - startedAt };
  } catch (error) {
    return { id, error: toWire(error), ms: performance.now() - startedAt };
  }
}
