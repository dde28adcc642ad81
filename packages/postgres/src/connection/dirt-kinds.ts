/** What a statement may leave behind in its session. */
export type DirtKind = "settings" | "temporary" | "advisory" | "listen" | "prepare" | "cursor" | "session" | "unknown";

/** Kinds of dirt as bits; 0 is clean. */
export type Dirt = number;

export const CLEAN: Dirt = 0;

/** The bit of each kind. `session` is what only the end of the session undoes; `unknown` stands for all others. */
export const DIRT: Readonly<Record<DirtKind, Dirt>> = {
  settings: 1,
  temporary: 2,
  advisory: 4,
  listen: 8,
  prepare: 16,
  cursor: 32,
  session: 64,
  unknown: 128,
};

export function kindsOf(dirt: Dirt): readonly string[] {
  return Object.entries(DIRT)
    .filter(([, bit]) => (bit & dirt) !== 0)
    .map(([kind]) => kind);
}
