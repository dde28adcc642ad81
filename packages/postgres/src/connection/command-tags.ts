/** What the server says of a command that is done. */
export interface CommandTag {
  readonly command: string | null;
  /** Rows returned or changed; 0 for a command that counts none. */
  readonly rowCount: number;
  /** Of an INSERT; null elsewhere. */
  readonly oid: number | null;
}

/** Command, of an INSERT its OID, and how many rows. */
const TAG = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/;

/** How many the whole process remembers: most are one of few. */
const REMEMBERED = 1_000;
const tags = new Map<string, CommandTag | null>();

/** Reads the text of a CommandComplete; null for one that says nothing. */
export function commandTag(text: string): CommandTag | null {
  const known = tags.get(text);
  if (known !== undefined) return known;
  const read = readTag(text);
  if (tags.size >= REMEMBERED) tags.clear();
  tags.set(text, read);
  return read;
}

function readTag(text: string): CommandTag | null {
  const match = TAG.exec(text);
  if (match === null) return null;
  const [, command, first, second] = match;
  return {
    command: command ?? null,
    rowCount: Number(second ?? first ?? 0),
    oid: second === undefined ? null : Number(first),
  };
}
