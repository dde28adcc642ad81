/** One statement as it is sent. */
export interface StatementCall {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly label?: string | undefined;
  /** The driver's own options. */
  readonly own?: Readonly<Record<string, unknown>> | undefined;
  /** Instead of the driver's `query`: what a `use` does with the resource. Checked to fit where it was given. */
  readonly work?: ((resource: never, context: { readonly signal: AbortSignal }) => PromiseLike<unknown>) | undefined;
  /** While it runs, others are refused. */
  readonly alone?: boolean | undefined;
  /** Instead of the context's `queryTimeout`. */
  readonly timeout?: number | undefined;
  /** The caller's own; cancels it. */
  readonly signal?: AbortSignal | undefined;
  /** The transaction's around it; cancels it as well. */
  readonly transactionSignal?: AbortSignal | undefined;
}

/** What the driver said at last. */
export type Ending = { readonly result: unknown } | { readonly error: unknown };

/** A cancel that has not taken effect after so many ms is told to who need not wait for its connection. */
export const TELL_AFTER = 25;
