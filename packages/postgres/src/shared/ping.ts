import { type Messages } from "../connection/messages.js";
import { type Link } from "./link.js";
import { SharedStatement } from "./statement.js";

/** Has an idle connection say that it is there before it is used: the smallest round trip that the protocol has. */
export function ping(link: Link, deadline: number, timeout: number): void {
  const passed = (): void => {
    if (link.state === "checking") link.state = "active";
  };
  link.state = "checking";
  link.send(new Ping({ text: "" }, [], deadline, timeout, passed, () => undefined));
}

/** A Sync on its own. */
class Ping extends SharedStatement {
  protected override put(messages: Messages): void {
    messages.sync();
  }
}
