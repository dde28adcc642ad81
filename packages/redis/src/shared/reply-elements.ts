import { ReplyError as ReplyErrorClass } from "ioredis";
import { constants } from "node:buffer";

/** What a server says has gone wrong. */
export const ReplyError = ReplyErrorClass as new (message: string) => Error; // ioredis gives it no type

/** A list that begins: its elements come next. */
export class ListStart {
  readonly length: number;
  /** Said by the server of its own accord, as an answer to nobody. */
  readonly isPush: boolean;

  constructor(length: number, isPush: boolean) {
    this.length = length;
    this.isPush = isPush;
  }
}

export const INCOMPLETE = Symbol("incomplete");
export const NOTHING = Buffer.alloc(0);
const [CR, LF, MINUS, ZERO, NINE] = [13, 10, 45, 48, 57];

/**
 * Reads one element after the other of the Redis protocol, RESP2 and RESP3 (https://redis.io/docs/latest/develop/reference/protocol-spec/). Values are what
 * ioredis makes of them by default: what only RESP3 has becomes what RESP2 would have sent, a map for one a list of keys and values.
 */
export class ReplyElements {
  data: Buffer = NOTHING;
  at = 0;
  /** Strings become texts, else bytes. */
  asText = false;
  /** How long an element that has proved incomplete is, where it says so. */
  needed = 0;

  /** A value, the beginning of a list, or INCOMPLETE: then it is still where it was. @throws Error where it is none */
  next(): unknown {
    const start = this.at;
    const type = this.data[start];
    switch (type) {
      case 36: // $ bulk string
      case 61: // = verbatim string, with its format in front
      case 33: // ! bulk error
        return this.#bulk(start, type);
      case 42: // * array
      case 126: // ~ set
      case 62: // > push
      case 37: // % map
        return this.#list(start, type);
      case 58: // : integer
        return this.#integer(start + 1) ?? INCOMPLETE;
      default:
        return this.#line(start, type);
    }
  }

  #bulk(start: number, type: number): unknown {
    const length = this.#integer(start + 1);
    if (length === undefined) return INCOMPLETE;
    if (length < 0) return null;
    const [from, end] = [this.at, this.at + length];
    if (end + 2 > this.data.length) {
      this.needed = end + 2 - start;
      return INCOMPLETE;
    }
    if (this.data[end] !== CR || this.data[end + 1] !== LF) throw new Error("a string of another length than it says");
    this.at = end + 2;
    if (type === 33) return new ReplyError(this.data.toString("utf8", from, end));
    return this.#string(type === 61 ? from + 4 : from, end);
  }

  #list(start: number, type: number): unknown {
    const length = this.#integer(start + 1);
    if (length === undefined) return INCOMPLETE;
    if (length < 0) return null;
    const isPush = type === 62;
    if (length === 0 && !isPush) return [];
    return new ListStart(type === 37 ? length * 2 : length, isPush);
  }

  /** What ends with its line. */
  #line(start: number, type: number | undefined): unknown {
    const end = this.data.indexOf(CR, start + 1);
    if (end === -1 || end + 1 >= this.data.length) {
      if (!isLineType(type)) throw unknownType(type);
      return INCOMPLETE;
    }
    this.at = end + 2;
    switch (type) {
      case 43: // + simple string
      case 44: // , double: a string in RESP2
        return this.#string(start + 1, end);
      case 45: // - simple error
        return new ReplyError(this.data.toString("utf8", start + 1, end));
      case 95: // _ null
        return null;
      case 35: // # boolean: an integer in RESP2
        return this.data[start + 1] === 116 ? 1 : 0;
      case 40: // ( big number
        return this.data.toString("latin1", start + 1, end);
      default:
        throw unknownType(type);
    }
  }

  /** The number from there to the end of its line; undefined where that has not come. */
  #integer(from: number): number | undefined {
    const data = this.data;
    const isNegative = data[from] === MINUS;
    let value = 0;
    for (let at = isNegative ? from + 1 : from; at < data.length; at++) {
      const byte = data[at] ?? CR; // it is there
      if (byte === CR) {
        if (at + 1 >= data.length) return undefined;
        this.at = at + 2;
        return isNegative ? -value : value;
      }
      if (byte >= ZERO && byte <= NINE) value = value * 10 + byte - ZERO;
      else if (at !== from || byte !== 43) throw new Error("a number that is none"); // a plus may stand in front
    }
    return undefined;
  }

  #string(from: number, end: number): string | Buffer {
    // What is too long for a text is left to ioredis, which rejects that one command.
    if (this.asText && end - from <= constants.MAX_STRING_LENGTH) return this.data.toString("utf8", from, end);
    return this.data.subarray(from, end);
  }
}

/** Simple strings and errors, doubles, nulls, booleans, big numbers. */
function isLineType(type: number | undefined): boolean {
  return type !== undefined && "+-,_#(".includes(String.fromCharCode(type));
}

function unknownType(type: number | undefined): Error {
  return new Error(`a reply of the unknown type ${String(type)}`);
}
