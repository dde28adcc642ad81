import { type Dialled } from "../connect/dialled.js";
import { type DispatcherOptions } from "./dispatcher-options.js";
import { Link } from "./link.js";
import { LinkEnds } from "./link-ends.js";
import { type LinkOwner } from "./link-owner.js";
import { type SharedStatement } from "./statement.js";

/** What the links tell. */
export interface LinksListener {
  now(): number;
  /** More can be sent than before, or less: one has become free, was retired or has ended. */
  changed(): void;
  repeat(statement: SharedStatement): void;
  /** The first reply on a connection. */
  worked(): void;
  /** A connection ended by itself before it had answered anything. */
  broke(cause: unknown): void;
  /** A cancel has been handed to the server, or failed. */
  cancelled(): void;
}

/** The open connections, the retired ones among them, and their ends. */
export class Links implements LinkOwner {
  readonly name: string;
  readonly statementCache: number;
  readonly open: Link[] = [];
  /** Connections retired so far. */
  retired = 0;
  readonly #options: DispatcherOptions;
  readonly #listener: LinksListener;
  readonly #ends: LinkEnds;
  #answersBefore = 0;

  constructor(options: DispatcherOptions, listener: LinksListener) {
    this.name = options.name;
    this.statementCache = options.statementCache;
    this.#options = options;
    this.#listener = listener;
    this.#ends = new LinkEnds(options);
  }

  /** No longer open for statements, and not closed yet. */
  get ending(): number {
    return this.#ends.underWay;
  }

  /** How many take statements, and go on to do so. */
  get serving(): number {
    return this.open.filter(({ isServing }) => isServing).length;
  }

  get answered(): number {
    return this.open.reduce((sum, { answers }) => sum + answers, this.#answersBefore);
  }

  /** Takes a fresh connection in, in the place of one that is expiring. */
  add(dialled: Dialled): Link {
    const link = new Link(dialled, this);
    const isSurplus = this.serving >= this.#options.connections;
    this.open.push(link);
    if (isSurplus) link.retire();
    for (const old of [...this.open]) if (old.isExpiring) this.retire(old);
    return link;
  }

  /** Nothing more is sent on it, and the queue moves on to another. */
  retire(link: Link): void {
    if (link.state !== "active" && link.state !== "checking") return;
    this.retired += 1;
    link.retire();
    this.#listener.changed();
  }

  /** Has the server cancel what it runs now. */
  cancel(link: Link): void {
    const head = link.waiting.first;
    if (!link.cancels.mayBegin(head, this.now())) return;
    link.cancels.begin(head);
    void this.#ends.cancel(link).then(() => {
      link.cancels.over(this.now());
      this.#listener.cancelled();
    });
  }

  async closeAll(): Promise<void> {
    await this.#ends.closeAll([...this.open]);
    await this.#ends.settled();
  }

  now(): number {
    return this.#listener.now();
  }

  lifetime(): number {
    const { maxLifetime, lifetimeJitter, random } = this.#options;
    return maxLifetime * (1 - lifetimeJitter * random());
  }

  freed(link: Link): void {
    if (link.answers === 1) this.#listener.worked();
    this.#listener.changed();
  }

  repeat(statement: SharedStatement): void {
    this.#listener.repeat(statement);
  }

  readOnly(link: Link): void {
    this.retire(link);
  }

  ended(link: Link, cause?: unknown): void {
    this.open.splice(this.open.indexOf(link), 1);
    this.#answersBefore += link.answers;
    this.#ends.add(link);
    if (cause !== undefined && link.answers === 0) this.#listener.broke(cause);
    this.#listener.changed();
  }
}
