import { readPoolOptions, type PoolOptions } from "@pool/core";
import { createDialer, type Dialer } from "../../src/connect/dialer.js";
import { type Dialled } from "../../src/connect/dialled.js";
import { readConnectOptions } from "../../src/connect/dial-options.js";
import { createShared, type SharedConnections, type SharedSettings } from "../../src/shared/shared.js";

export function dialerOf(url: string): Dialer {
  const { options } = readConnectOptions({ url, sslmode: "disable" });
  return createDialer(options);
}

export type Settings = Partial<Omit<SharedSettings, "pool" | "dialer">> & {
  readonly pool?: PoolOptions;
  readonly dialer?: Dialer;
};

export function sharedOf(url: string, { pool, ...settings }: Settings = {}): SharedConnections {
  return createShared({
    name: "test",
    dialer: dialerOf(url),
    options: {},
    queryTimeout: 5_000,
    labels: "off",
    statementCache: 100,
    ...settings,
    pool: readPoolOptions(pool ?? {}, "postgres"),
  });
}

/** A dialer, and what it has opened. */
export function recordingDialer(url: string): { readonly dialer: Dialer; readonly dialled: Dialled[] } {
  const dialer = dialerOf(url);
  const dialled: Dialled[] = [];
  return {
    dialled,
    dialer: {
      async dial(request) {
        const one = await dialer.dial(request);
        dialled.push(one);
        return one;
      },
    },
  };
}
