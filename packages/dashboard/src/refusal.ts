/** An answer that is no: thrown where that is noticed, sent as `{ error: { code, message } }`. Its message holds nothing of the inside. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** For programs to branch on; never changes its meaning. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
