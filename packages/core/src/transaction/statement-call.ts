import type { UseContext } from "./use-context.js";

/** One statement as it is sent. */
export interface StatementCall {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly label?: string | undefined;
  /** The driver's own options. */
  readonly own?: Readonly<Record<string, unknown>> | undefined;
  /** Instead of the driver's `query`: what a `use` does with the resource. Checked to fit where it was given. */
  readonly work?: ((resource: never, context: UseContext) => PromiseLike<unknown>) | undefined;
  /** While it runs, others are refused. */
  readonly alone?: boolean | undefined;
  /** Instead of the context's `queryTimeout`. */
  readonly timeout?: number | undefined;
  /** The caller's own; cancels it. */
  readonly signal?: AbortSignal | undefined;
  /** The transaction's around it; cancels it as well. */
  readonly transactionSignal?: AbortSignal | undefined;
}

/** Under the label of what it is part of, unless it has its own. */
export function underLabel(call: StatementCall, label: string | undefined): StatementCall {
  return label === undefined || call.label !== undefined ? call : { ...call, label };
}

/** The reason of a signal that has aborted already. */
export function abortedBefore({ signal, transactionSignal }: StatementCall): { readonly reason: unknown } | undefined {
  if (signal?.aborted === true) return { reason: signal.reason };
  return transactionSignal?.aborted === true ? { reason: transactionSignal.reason } : undefined;
}

/** Has the abort of its signals heard; returns the reason of one that has aborted already, as it may while the statement is sent. */
export function listen(call: StatementCall, listener: Listener): { readonly reason: unknown } | undefined {
  // One that is both is listened to once: adding the same listener again does nothing.
  call.signal?.addEventListener("abort", listener, ONCE);
  call.transactionSignal?.addEventListener("abort", listener, ONCE);
  return abortedBefore(call);
}

export function unlisten({ signal, transactionSignal }: StatementCall, listener: Listener): void {
  signal?.removeEventListener("abort", listener);
  transactionSignal?.removeEventListener("abort", listener);
}

interface Listener {
  handleEvent(event: Event): void;
}

const ONCE = { once: true } as const;

/** What the driver said at last. */
export type Ending = { readonly result: unknown } | { readonly error: unknown };

/** A cancel that has not taken effect after so many ms is told to who need not wait for its connection. */
export const TELL_AFTER = 25;
