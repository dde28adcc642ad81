import { type Messages } from "../connection/messages.js";
import { SharedStatement } from "./statement.js";

/** Asks the server to say that it is there: the smallest round trip that the protocol has. */
export function ping(deadline: number, timeout: number, passed: () => void): Ping {
  return new Ping({ text: "" }, [], deadline, timeout, passed, () => undefined);
}

/** A Sync on its own. */
export class Ping extends SharedStatement {
  protected override put(messages: Messages): void {
    messages.sync();
  }
}
