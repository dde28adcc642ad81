import type { RedisServer } from "@pool/testing";

export type Place = Pick<RedisServer, "url" | "host" | "port" | "password">;

/** Connections of a pool, for who has one. */
export const POOL_SIZE = 10;

/** One way to run commands. */
export interface RedisSubject {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  close(): unknown;
}

export interface RedisEngine {
  readonly name: string;
  open(place: Place): Promise<RedisSubject>;
}
