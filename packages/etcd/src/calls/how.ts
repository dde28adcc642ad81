import { type RpcError } from "../wire/rpc-error.js";
import { type Call } from "./call.js";
import { type Kind } from "./failures.js";

/** How one call is made. */
export interface How {
  /** Its name in errors and events. Never a key or a value. */
  readonly command: string;
  readonly kind: Kind;
  /** Longest time, in ms, whatever happens. */
  readonly timeout: number;
  /** One that takes longer is attempted again beside it, in ms, and the first answer holds: for what is repeatable and small. @default it is attempted once at a time */
  readonly attemptTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly label?: string | undefined;
  /** False for what a member without a leader may answer. @default true */
  readonly requireLeader?: boolean | undefined;
  /** Taken while the client closes as well: it lets go of something. @default false */
  readonly whileClosing?: boolean | undefined;
}

/** What a call tells of its end. */
export interface CallOwner {
  timedOut(call: Call): void;
  answered(call: Call): void;
  failed(call: Call, error: RpcError): void;
  stalled(call: Call): void;
}
