/** A message as gRPC sends it: a byte that says "not compressed", its length, itself. */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEAD + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, HEAD);
  return framed;
}

const HEAD = 5;

/** Takes messages out of the bytes of a stream, however these are cut. Each byte is copied at most once. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = HEAD;

  /** The messages that are complete with this chunk. @throws Error for what is compressed, which nobody asked for */
  read(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length);
    const messages: Buffer[] = [];
    this.#wanted = HEAD;
    while (bytes.length >= HEAD) {
      if (bytes[0] !== 0) throw new Error("the server sent a compressed message, which it was not asked for");
      const end = HEAD + bytes.readUInt32BE(1);
      if (bytes.length < end) {
        this.#wanted = end;
        break;
      }
      messages.push(bytes.subarray(HEAD, end));
      bytes = bytes.subarray(end);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
    return messages;
  }

  /** Of a message that has not come whole. */
  get pending(): number {
    return this.#length;
  }
}
