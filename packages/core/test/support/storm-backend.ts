import type { CreateContext, ResourceFactory, ResourceStatus } from "../../src/pool/factory.js";
import type { ManualClock } from "./manual-clock.js";

/** How likely each thing is to go wrong, from 0 to 1. */
export interface Weather {
  createFails: number;
  createSlow: number;
  createHangs: number;
  /** Of those that hang or are slow: do not listen to their signal. */
  ignoresSignal: number;
  lostInCreate: number;
  validateFails: number;
  validateHangs: number;
  resetFails: number;
  resetHangs: number;
  closeFails: number;
  closeSlow: number;
  closeHangs: number;
  closeTakesSibling: number;
}

export const CALM: Weather = {
  createFails: 0,
  createSlow: 0,
  createHangs: 0,
  ignoresSignal: 0,
  lostInCreate: 0,
  validateFails: 0,
  validateHangs: 0,
  resetFails: 0,
  resetHangs: 0,
  closeFails: 0,
  closeSlow: 0,
  closeHangs: 0,
  closeTakesSibling: 0,
};

/** One resource of the storm, with what its backend knows of it. */
export class StormResource {
  readonly id: number;
  /** Which generation was in force when its connect started. */
  readonly generation: number;
  readonly tellLost: (cause?: unknown) => void;
  state: "open" | "closing" | "closed" = "open";
  closingSince = Infinity;
  readonly openedAt: number;
  /** It opened after the pool had given it up, or even after it had rightly forgotten it. */
  readonly late: boolean;
  readonly stray: boolean;
  lost = false;
  /** Who had it when it was lost: that lease goes on, and no other may begin. */
  lostUnder: number | undefined;
  status: ResourceStatus = {};

  constructor(facts: Pick<StormResource, "id" | "generation" | "openedAt" | "late" | "stray" | "tellLost">) {
    this.id = facts.id;
    this.generation = facts.generation;
    this.openedAt = facts.openedAt;
    this.late = facts.late;
    this.stray = facts.stray;
    this.tellLost = facts.tellLost;
  }
}

interface Attempt {
  abortedAt: number | undefined;
}

export interface StormBackendOptions {
  readonly clock: ManualClock;
  readonly random: () => number;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  readonly can: {
    readonly validate: boolean;
    readonly validateAlways: boolean;
    readonly reset: boolean;
    readonly status: boolean;
  };
}

/** A backend in bad weather that keeps account of every resource, and says when the pool breaks a promise to it. */
export class StormBackend implements ResourceFactory<StormResource> {
  readonly kind = "storm";
  readonly resources: StormResource[] = [];
  weather: Weather = CALM;
  generation = 1;
  /** What the pool has done wrong. */
  readonly broken: string[] = [];
  /** At most so many may be open, being opened or being closed. */
  allowed = Infinity;
  created = 0;
  closed = 0;
  /** When the last connect started. */
  connectedAt = -Infinity;
  /** Who holds a resource, by its id. */
  holderOf: (resourceId: number) => number | undefined = () => undefined;
  readonly validateAlways?: boolean;
  readonly validate?: NonNullable<ResourceFactory<StormResource>["validate"]>;
  readonly reset?: NonNullable<ResourceFactory<StormResource>["reset"]>;
  readonly status?: NonNullable<ResourceFactory<StormResource>["status"]>;

  readonly #clock: ManualClock;
  readonly #random: () => number;
  readonly #connectTimeout: number;
  readonly #closeTimeout: number;
  readonly #attempts = new Set<Attempt>();
  readonly #calls = new Map<StormResource, string>();
  #count = 0;

  constructor({ clock, random, connectTimeout, closeTimeout, can }: StormBackendOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#connectTimeout = connectTimeout;
    this.#closeTimeout = closeTimeout;
    if (can.validateAlways) this.validateAlways = true;
    if (can.validate) {
      this.validate = (resource, signal) =>
        this.#visit(resource, "validate", signal, this.weather.validateFails, this.weather.validateHangs);
    }
    if (can.reset) {
      this.reset = async (resource, signal) => {
        await this.#visit(resource, "reset", signal, this.weather.resetFails, this.weather.resetHangs);
        resource.status = {};
      };
    }
    if (can.status) this.status = (resource) => resource.status;
  }

  /** What counts against the limit now. What the pool gave up on counts for `closeTimeout` longer. */
  get load(): number {
    const now = this.#clock.now();
    let load = 0;
    for (const { abortedAt } of this.#attempts) {
      if (abortedAt === undefined || now < abortedAt + this.#closeTimeout) load++;
    }
    for (const resource of this.resources) {
      if (resource.stray || resource.state === "closed") continue;
      if (resource.state === "open" || now < resource.closingSince + this.#closeTimeout) load++;
    }
    return load;
  }

  get open(): StormResource[] {
    return this.resources.filter((resource) => resource.state === "open");
  }

  async create({ signal, lost }: CreateContext): Promise<StormResource> {
    const id = ++this.#count;
    const { generation, weather } = this;
    const attempt: Attempt = { abortedAt: undefined };
    this.#attempts.add(attempt);
    this.connectedAt = this.#clock.now();
    if (this.load > this.allowed) {
      this.broken.push(`opened number ${String(this.load)}, of at most ${String(this.allowed)}`);
    }
    signal.addEventListener("abort", () => (attempt.abortedAt = this.#clock.now()));
    const listensTo = this.#chance(weather.ignoresSignal) ? undefined : signal;
    try {
      if (this.#chance(weather.createHangs)) await this.#pause(this.#tooLong(), listensTo);
      else if (this.#chance(weather.createSlow)) await this.#pause(this.#between(1, 2_000), listensTo);
      if (this.#chance(weather.createFails)) throw new Error("refused");
    } finally {
      this.#attempts.delete(attempt);
    }
    const { abortedAt = Infinity } = attempt;
    const openedAt = this.#clock.now();
    const stray = openedAt >= abortedAt + this.#closeTimeout;
    const late = abortedAt < Infinity;
    const resource = new StormResource({ id, generation, openedAt, late, stray, tellLost: lost });
    this.resources.push(resource);
    this.created++;
    if (this.#chance(weather.lostInCreate)) this.lose(resource);
    return resource;
  }

  close(resource: StormResource): void | Promise<void> {
    if (resource.state !== "open") this.broken.push(`closed ${String(resource.id)} a second time`);
    const running = this.#calls.get(resource);
    if (running !== undefined) this.broken.push(`closed ${String(resource.id)} during its ${running}`);
    resource.state = "closing";
    resource.closingSince = this.#clock.now();
    this.closed++;
    const { weather } = this;
    if (this.#chance(weather.closeTakesSibling)) {
      const siblings = this.open;
      const sibling = siblings[Math.floor(this.#random() * siblings.length)];
      if (sibling !== undefined) this.lose(sibling);
    }
    if (this.#chance(weather.closeHangs)) return this.#finishClose(resource, this.#between(1_000, 20_000));
    if (this.#chance(weather.closeSlow)) return this.#finishClose(resource, this.#between(1, 900));
    resource.state = "closed";
    if (this.#chance(weather.closeFails)) throw new Error("close failed");
    return undefined;
  }

  /** The resource dies, and tells so. */
  lose(resource: StormResource): void {
    if (!resource.lost) {
      resource.lost = true;
      resource.lostUnder = this.holderOf(resource.id);
    }
    resource.tellLost(new Error("connection reset"));
  }

  async #finishClose(resource: StormResource, ms: number): Promise<void> {
    await this.#pause(ms, undefined);
    resource.state = "closed";
    if (this.#chance(this.weather.closeFails)) throw new Error("close failed");
  }

  async #visit(
    resource: StormResource,
    call: string,
    signal: AbortSignal,
    fails: number,
    hangs: number,
  ): Promise<void> {
    const running = this.#calls.get(resource);
    if (running !== undefined) this.broken.push(`called ${call} of ${String(resource.id)} during its ${running}`);
    if (resource.state !== "open") this.broken.push(`called ${call} of ${String(resource.id)}, which is closed`);
    if (this.holderOf(resource.id) !== undefined) this.broken.push(`called ${call} of a resource that is lent`);
    if (!this.#chance(hangs)) {
      if (!this.#chance(fails)) return;
      resource.lost = true; // unfit: never to be lent again
      throw new Error(`${call} failed`);
    }
    const given = this.#chance(this.weather.ignoresSignal) ? undefined : signal;
    this.#calls.set(resource, call);
    signal.addEventListener("abort", () => {
      this.#calls.delete(resource); // the pool gave it up: what follows is abrupt
      resource.lost = true;
    });
    try {
      await this.#pause(this.#between(100, 20_000), given);
    } finally {
      this.#calls.delete(resource);
    }
  }

  /** Longer than a connect may take: in half of the cases by so little that the pool still waits for it to clean up. */
  #tooLong(): number {
    return this.#connectTimeout + (this.#chance(0.5) ? this.#between(0, this.#closeTimeout) : this.#between(0, 20_000));
  }

  #chance(likely: number): boolean {
    return likely > 0 && this.#random() < likely;
  }

  #between(least: number, most: number): number {
    return Math.floor(least + this.#random() * (most - least));
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        this.#clock.clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }
}
