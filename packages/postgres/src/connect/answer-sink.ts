/** A statement that reads its answer out of the bytes that the server sent. Bytes are valid during a call; `start` and `end` leave out type and length. */
export interface AnswerSink {
  /** A RowDescription. False where pg is to read it and hand it over. */
  takeDescription(bytes: Buffer, start: number, end: number): boolean;
  /** A DataRow. */
  takeRow(bytes: Buffer, start: number, end: number): void;
  /** A CommandComplete. */
  takeCompletion(bytes: Buffer, start: number, end: number): void;
}

export const ROW = 0x44; // D
export const DESCRIPTION = 0x54; // T
export const COMPLETION = 0x43; // C
export const READY = 0x5a; // Z
/** ParseComplete, BindComplete and NoData: nobody asks for them. */
const PARSED = 0x31;
const BOUND = 0x32;
const NO_DATA = 0x6e;

/** Is it of an answer to a statement, whichever sink takes it? */
export function isOfAnswer(type: number): boolean {
  switch (type) {
    case ROW:
    case DESCRIPTION:
    case COMPLETION:
    case READY:
    case PARSED:
    case BOUND:
    case NO_DATA:
      return true;
    default:
      return false;
  }
}
