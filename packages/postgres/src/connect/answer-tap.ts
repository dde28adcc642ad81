import { type AnswerSink, COMPLETION, DESCRIPTION, isOfAnswer, READY, ROW } from "./answer-sink.js";

/** What stands behind a tap. */
export interface TapTarget {
  /** pg's parser, which acts on every whole message at once. */
  pass(chunk: Buffer): void;
  /** The statement that pg would give an answer to now. */
  active(): unknown;
  /** A ReadyForQuery with this status came for the active statement. */
  ready(status: number): void;
}

/** Type and length. */
const HEADER = 5;

/**
 * Stands between a socket and pg's parser: an answer goes to the statement that waits for it, where that takes it so, and everything else passes
 * in its order. pg spends as much on handing a message over as on all that is in it.
 */
export class AnswerTap {
  readonly #target: TapTarget;
  /** The memory that is read from is filled anew after the call. */
  #isLent = false;
  /** How many bytes of the message under way go to the parser as they come. */
  #through = 0;
  /** The beginning of a message of an answer, or of one that is not known yet. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #needed = 0;

  constructor(target: TapTarget) {
    this.#target = target;
  }

  /** What came out of the socket; throws what the parser, or a statement, throws. */
  take(chunk: Buffer): void {
    this.#isLent = false;
    this.#take(chunk, chunk.length);
  }

  /** The same out of memory that is filled anew after the call. */
  takeLent(memory: Buffer, length: number): void {
    this.#isLent = true;
    this.#take(memory, length);
  }

  #take(chunk: Buffer, length: number): void {
    let from = 0;
    // Only what is missing of it is copied: twice where its header came in pieces, else once.
    while (this.#keptBytes > 0 && from < length) {
      const end = Math.min(from + this.#needed - this.#keptBytes, length);
      const whole = this.#joined(chunk, from, end);
      from = end;
      if (whole !== undefined) this.#read(whole, 0, whole.length);
    }
    if (from < length) this.#read(chunk, from, length);
  }

  /** @param from what is before it has been taken or passed */
  #read(bytes: Buffer, from: number, length: number): void {
    if (this.#through >= length - from) {
      this.#through -= length - from;
      return this.#pass(bytes, from, length);
    }
    let at = from + this.#through;
    this.#through = 0;
    // Whose answer it is; undefined where that has to be asked, null where it is pg's.
    let sink: AnswerSink | null | undefined;
    while (length - at >= HEADER) {
      const type = bytes[at] ?? 0;
      const isAnswer = isOfAnswer(type);
      if (isAnswer && sink === undefined) {
        // What is in front of it says whose it is.
        if (from < at) this.#pass(bytes, from, at);
        from = at;
        sink = this.#sink();
      }
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (isAnswer && sink) {
        if (end > length) return this.#keep(bytes, at, length, end - at);
        if (this.#hand(sink, type, bytes, at + HEADER, end)) from = end;
        else sink = undefined;
      } else if (end > length) {
        this.#through = end - length;
        return this.#pass(bytes, from, length);
      }
      if (!isAnswer || type === READY) sink = undefined;
      at = end;
    }
    if (from < at) this.#pass(bytes, from, at);
    if (at < length) this.#keep(bytes, at, length, HEADER);
  }

  /** False where pg is to have it. */
  #hand(sink: AnswerSink, type: number, bytes: Buffer, start: number, end: number): boolean {
    if (type === ROW) sink.takeRow(bytes, start, end);
    else if (type === DESCRIPTION) return sink.takeDescription(bytes, start, end);
    else if (type === COMPLETION) sink.takeCompletion(bytes, start, end);
    else if (type === READY) this.#target.ready(bytes[start] ?? 0);
    return true;
  }

  #sink(): AnswerSink | null {
    const active = this.#target.active() as Partial<AnswerSink> | null | undefined;
    return typeof active?.takeCompletion === "function" ? (active as AnswerSink) : null;
  }

  /** The parser keeps what is not whole yet. */
  #pass(bytes: Buffer, from: number, to: number): void {
    this.#target.pass(this.#part(bytes, from, to));
  }

  #keep(bytes: Buffer, from: number, to: number, needed: number): void {
    const part = this.#part(bytes, from, to);
    this.#kept.push(part);
    this.#keptBytes = part.length;
    this.#needed = needed;
  }

  /** All that was kept with this behind it, once that is enough to go on. */
  #joined(chunk: Buffer, from: number, to: number): Buffer | undefined {
    this.#kept.push(this.#part(chunk, from, to));
    this.#keptBytes += to - from;
    if (this.#keptBytes < this.#needed) return undefined;
    const whole = Buffer.concat(this.#kept, this.#keptBytes);
    this.#kept = [];
    this.#keptBytes = 0;
    return whole;
  }

  #part(bytes: Buffer, from: number, to: number): Buffer {
    const part = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    return this.#isLent ? Buffer.from(part) : part;
  }
}
