import { type EventEmitter } from "node:events";
import type pg from "pg";
import { type PostgresConnection } from "../connection/connection.js";
import { type LentClient } from "./lent-client.js";

/** What the pool does when something happens to a connection by itself. */
export interface SeatEvents {
  idleError(error: Error, seat: Seat): void;
  ended(seat: Seat): void;
}

const FORWARDED = ["notification", "notice", "drain"] as const;

/** What the facade knows of one connection while it lives: who listens to it now, and what it is told about. */
export class Seat {
  readonly connection: PostgresConnection;
  /** The driver's client. What is done with it directly, the connection has to be told. */
  readonly driver: pg.Client;
  readonly openedAt = performance.now();
  /** Stands for the connection itself in what pools tell about connections that nobody holds. */
  resident: LentClient | undefined;
  /** Who has it now and listens to it. One who does not listen is not kept alive from here, so that a client which is dropped can be found. */
  listener: LentClient | undefined;
  isLent = false;

  constructor(connection: PostgresConnection, events: SeatEvents) {
    this.connection = connection;
    this.driver = connection.client;
    // Taking the driver's client counts as leaving everything behind; nothing was done with it.
    void connection.reset("none", NEVER);
    for (const name of FORWARDED) this.driver.on(name as "drain", (...values: unknown[]) => this.#tell(name, values));
    this.driver.on("error", (error) => {
      const isIdle = !this.isLent && connection.status.busy !== true;
      this.#tell("error", [error]);
      if (isIdle) events.idleError(error, this);
    });
    this.driver.on("end", () => {
      this.#tell("end", []);
      events.ended(this);
    });
  }

  /** Keeps the process alive. */
  ref(): void {
    this.#socket.ref();
  }

  /** Lets the process end. */
  unref(): void {
    this.#socket.unref();
  }

  get #socket(): { ref(): void; unref(): void } {
    return this.driver as unknown as { ref(): void; unref(): void }; // pg has them, and its types do not
  }

  #tell(event: string, values: readonly unknown[]): void {
    for (const client of [this.resident, this.listener]) {
      if (client === undefined) continue;
      const emitter = emitterOf(client);
      // An error that nobody listens to would end the process.
      if (emitter.listenerCount(event) > 0) emitter.emit(event, ...values);
    }
  }
}

const NEVER = new AbortController().signal;

/** A lent client has the methods of pg's, which is an emitter. */
export function emitterOf(client: LentClient): EventEmitter {
  return client as unknown as EventEmitter;
}
