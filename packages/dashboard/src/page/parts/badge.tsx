import type { ComponentChildren } from "preact";

export type Tone = "good" | "fair" | "bad" | "plain";

/** A word about a state. Its shape says the tone too, for those who do not see the colour. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
