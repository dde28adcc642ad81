import { type ToHelper } from "../helper/protocol.js";

/** The wire to one helper: a thread or a process. */
export interface Port {
  post(message: ToHelper): void;
  /** Whether this helper keeps the process alive: only while it has work. */
  ref(on: boolean): void;
  /** Ends a process at once, whatever it does. A thread has no such thing. */
  kill?(): void;
}
