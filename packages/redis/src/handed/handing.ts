import { type CredentialSource } from "../connect/credentials.js";
import { closeConnection } from "../connection/open-connection.js";
import { type DriverOptions } from "../connection/guarded-redis.js";
import { failure } from "../errors.js";
import { HandedRedis, type HandedOwner } from "./handed-redis.js";

/** The clients that were handed out, and their duplicates: whoever is still open at the end is closed. */
export class Handing {
  readonly #where: string;
  readonly #driver: DriverOptions;
  readonly #open = new Set<HandedRedis>();
  readonly #owner: HandedOwner;
  #isClosed = false;

  constructor(where: string, driver: DriverOptions, credentials: CredentialSource) {
    this.#where = where;
    this.#driver = driver;
    this.#owner = {
      credentials,
      add: (redis) => {
        if (this.#isClosed) throw failure("POOL_CLOSED", where, "closed: it hands out no clients any more", {});
        this.#open.add(redis);
      },
      delete: (redis) => this.#open.delete(redis),
    };
  }

  get connections(): number {
    return [...this.#open].filter(({ status }) => status !== "wait" && status !== "end").length;
  }

  /** @throws PoolError `POOL_CLOSED` */
  hand(options: DriverOptions): HandedRedis {
    if (this.#isClosed) throw failure("POOL_CLOSED", this.#where, "closed: it hands out no clients any more", {});
    return new HandedRedis({ ...this.#driver, ...options }, this.#owner);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((redis) => closeConnection(redis)));
    this.#open.clear();
  }
}
