/** How values become texts, and texts values again. */
export interface Codec<V> {
  encode(value: V): string;
  /** May throw: a text that it cannot read counts as a miss. */
  decode(text: string): V;
}

/** JSON, of which nothing is checked when it is read. */
export const jsonCodec: Codec<unknown> = {
  encode(value) {
    const text = JSON.stringify(value) as string | undefined; // of a function, for example, it makes nothing
    if (text === undefined) throw new TypeError(`JSON cannot hold a ${typeof value}`);
    return text;
  },
  decode: (text) => JSON.parse(text) as unknown,
};
