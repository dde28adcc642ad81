import { type Command } from "ioredis";
import { routeOf, wordOf } from "../commands/rules.js";

/** What a lease has done to its connection, as far as the next borrower would see it. Read off the commands that are sent. */
export class Dirt {
  inTransaction = false;
  isWatching = false;
  hasSubscribed = false;
  /** The database that is selected now. */
  db: number;
  /** The command that nothing takes back. */
  forGood: string | undefined;
  readonly #home: number;

  constructor(home: number) {
    this.#home = home;
    this.db = home;
  }

  get isClean(): boolean {
    return (
      !this.inTransaction &&
      !this.isWatching &&
      !this.hasSubscribed &&
      this.db === this.#home &&
      this.forGood === undefined
    );
  }

  note(command: Command): void {
    if (routeOf(command) !== "session") return;
    const name = command.name.toLowerCase();
    switch (name) {
      case "multi":
        this.inTransaction = true;
        break;
      case "exec":
      case "discard":
        this.inTransaction = false;
        this.isWatching = false;
        break;
      case "watch":
        this.isWatching = true;
        break;
      case "unwatch":
        this.isWatching = false;
        break;
      case "select":
        this.db = Number(wordOf(command, 0));
        break;
      case "subscribe":
      case "psubscribe":
      case "ssubscribe":
        this.hasSubscribed = true;
        break;
      case "unsubscribe":
      case "punsubscribe":
      case "sunsubscribe":
        break; // of one channel, perhaps: the reset asks the connection
      default:
        this.forGood ??= command.name.toUpperCase();
    }
  }
}
