import { type RpcError } from "../wire/rpc-error.js";
import { type PendingReply } from "../wire/unary.js";

export interface AttemptsOwner {
  answered(value: unknown): void;
  failed(error: RpcError): void;
}

/** The attempts of one call that are under way: of what is repeatable there may be several. The first answer holds, and calls off the others. */
export class Attempts {
  readonly #pending = new Set<PendingReply<unknown>>();
  readonly #owner: AttemptsOwner;

  constructor(owner: AttemptsOwner) {
    this.#owner = owner;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  add(pending: PendingReply<unknown>): void {
    this.#pending.add(pending);
    pending.reply.then(
      (value) => {
        if (!this.#pending.delete(pending)) return;
        this.cancel();
        this.#owner.answered(value);
      },
      (failure: unknown) => {
        const error = failure as RpcError; // a connection rejects with nothing else
        // Of several on a connection that breaks, the last one tells.
        if (!this.#pending.delete(pending) || (!this.isEmpty && !error.answered)) return;
        this.cancel();
        this.#owner.failed(error);
      },
    );
  }

  cancel(): void {
    for (const { cancel } of this.#pending) cancel();
    this.#pending.clear();
  }
}
