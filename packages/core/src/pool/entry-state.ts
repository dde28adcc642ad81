/**
 * The life of a resource in its pool:
 *
 *     connecting ──→ idle ⇄ leased ──→ resetting
 *         │         ⇅    ↘    │            │  └──→ idle
 *         │    validating ─→ closing ←─────┘
 *         └──────────────────→ │ → closed
 */
export type EntryState = "connecting" | "idle" | "leased" | "validating" | "resetting" | "closing" | "closed";

/** In the order of their codes. */
export const STATES: readonly EntryState[] = [
  "connecting",
  "idle",
  "leased",
  "validating",
  "resetting",
  "closing",
  "closed",
];
export const IDLE = 1;
export const LEASED = 2;

export const NEXT: Readonly<Record<EntryState, readonly EntryState[]>> = {
  connecting: ["idle", "closing", "closed"],
  idle: ["leased", "validating", "closing"],
  leased: ["idle", "resetting", "closing"],
  validating: ["idle", "closing"],
  resetting: ["idle", "closing"],
  closing: ["closed"],
  closed: [],
};

/** How many entries of a pool are in passing. The idle ones are counted by their list, and the rest are leased: those change a million times a second. */
export type Tally = Record<"connecting" | "validating" | "resetting" | "closing", number>;
