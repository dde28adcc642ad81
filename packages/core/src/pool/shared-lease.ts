import type { Ending, Entry } from "./entry.js";
import { PoolLease } from "./lease.js";
import { ended } from "./leased-statement.js";

/** Those who share a lease from inside of it. The resource is nobody else's until the last of them has left. */
export class Sharing {
  readonly #entry: Entry<unknown>;
  #count = 0;
  #end: { readonly how: Ending; readonly cause: unknown } | undefined;

  constructor(entry: Entry<unknown>) {
    this.#entry = entry;
  }

  join(): void {
    this.#count++;
  }

  leave(): void {
    if (--this.#count > 0 || this.#entry.sharing !== this) return;
    this.#entry.sharing = undefined;
    if (this.#end !== undefined) this.#entry.owner.giveBack(this.#entry, this.#end.how, this.#end.cause);
  }

  /** Has the end of the lease to wait? One that is forced does not. */
  putsOff(how: Ending, cause: unknown): boolean {
    const waits = how === "released" || how === "destroyed";
    if (waits) this.#end ??= { how, cause };
    else this.#entry.sharing = undefined;
    return waits;
  }
}

/** A lease inside another one: what has been lent already. Its end leaves the resource to whom it was lent to, whose own end waits for this one. */
export class SharedLease<R> extends PoolLease<R> {
  readonly #entry: Entry<R>;
  readonly #sharing: Sharing;
  readonly #left: () => void;
  #isOver = false;

  constructor(entry: Entry<R>, id: number, left: () => void) {
    super(entry, id);
    this.#entry = entry;
    this.#left = left;
    this.#sharing = entry.sharing ??= new Sharing(entry);
    this.#sharing.join();
  }

  override get active(): boolean {
    return !this.#isOver && super.active;
  }

  override get resource(): R {
    if (this.#isOver) throw ended(this.#entry, this.id, "its resource was used");
    return super.resource;
  }

  override release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#left();
    this.#sharing.leave();
  }

  /** The resource is closed when all who share it have left. */
  override destroy(cause?: unknown): void {
    if (this.active) this.#entry.retireFor("destroyed", cause);
    this.release();
  }
}
