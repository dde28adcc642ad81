/** One value as it is kept, with the dates that say how good it is. */
export interface Entry {
  /** Undefined: known not to be there. */
  readonly text: string | undefined;
  /** Given out without a second thought until then, in ms of the date. */
  readonly freshUntil: number;
  /** Given out while it is computed anew, until then. */
  readonly staleUntil: number;
  /** Given out when it cannot be computed anew, until then. */
  readonly keptUntil: number;
  /** The stamps of its tags when it was computed. It is good only while they are the same. */
  readonly stamps: Readonly<Record<string, string>>;
}

const FORMAT = 1;

export function encodeEntry({ text, freshUntil, staleUntil, keptUntil, stamps }: Entry): string {
  return `${JSON.stringify([FORMAT, freshUntil, staleUntil, keptUntil, text === undefined ? 0 : 1, stamps])}\n${text ?? ""}`;
}

/** @throws Error when it is none of ours */
export function decodeEntry(stored: string): Entry {
  const end = stored.indexOf("\n");
  const head: unknown = JSON.parse(stored.slice(0, end));
  if (end < 0 || !isHead(head)) throw new Error("this is no entry of a cache, or one of another format");
  const [, freshUntil, staleUntil, keptUntil, isThere, stamps] = head;
  return { text: isThere === 1 ? stored.slice(end + 1) : undefined, freshUntil, staleUntil, keptUntil, stamps };
}

type Head = readonly [typeof FORMAT, number, number, number, 0 | 1, Record<string, string>];

function isHead(head: unknown): head is Head {
  if (!Array.isArray(head) || head.length !== 6 || head[0] !== FORMAT) return false;
  const stamps: unknown = head[5];
  return head.slice(1, 5).every(Number.isFinite) && typeof stamps === "object" && stamps !== null;
}
