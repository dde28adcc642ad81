import type { Tone } from "./parts/badge.js";

/** What a connector's state says: whether its backend can be used. */
export function connectorTone(state: string): Tone {
  if (state === "ready") return "good";
  if (state === "idle" || state === "closed") return "plain";
  return state === "connecting" ? "fair" : "bad";
}
