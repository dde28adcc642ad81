import { type ResourceFactory, withCredentials } from "@pool/core";
import { answered } from "./connection/answered.js";
import { type Credentials, type DriverOptions, GuardedRedis } from "./connection/guarded-redis.js";
import { LeasedRedis, type LeasedOptions } from "./connection/leased-redis.js";
import { closeConnection, openConnection } from "./connection/open-connection.js";
import { type CredentialSource } from "./connect/credentials.js";
import { isConnectionUnfit, isRefused } from "./errors.js";

export interface FactoryOptions extends LeasedOptions {
  readonly driver: DriverOptions;
  readonly credentials: CredentialSource;
}

/** The connections of the pool: each is lent to one borrower at a time. */
export function leasedFactory(options: FactoryOptions): ResourceFactory<LeasedRedis> {
  const template: Omit<ResourceFactory<LeasedRedis>, "create"> = {
    kind: "redis",
    validate: (redis: LeasedRedis) => answered(redis.ping()),
    reset: (redis: LeasedRedis) => redis.undo(),
    close: closeConnection,
    status: (redis: LeasedRedis) => redis.leftBehind,
    isFatal: isConnectionUnfit,
  };
  return authenticated(
    options.credentials,
    template,
    (credentials) => new LeasedRedis(options.driver, credentials, options),
  );
}

/** Connections that are kept by one user for all callers, and have no more of their own than their address. */
export function plainFactory({ driver, credentials }: FactoryOptions): ResourceFactory<GuardedRedis> {
  const once: DriverOptions = {
    ...driver,
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
  };
  return authenticated(
    credentials,
    { kind: "redis", close: closeConnection },
    (known) => new GuardedRedis(once, known),
  );
}

function authenticated<R extends GuardedRedis>(
  source: CredentialSource,
  template: Omit<ResourceFactory<R>, "create">,
  make: (credentials: Credentials) => R,
): ResourceFactory<R> {
  const factory = (credentials: Credentials): ResourceFactory<R> => ({
    ...template,
    create: (context) => openConnection(make(credentials), context),
  });
  if (typeof source !== "function") return factory(source);
  return withCredentials(factory, template, { provide: source, isRefused });
}
