declare module "pg/lib/connection-parameters.js" {
  import type pg from "pg";

  /** How pg reads where to connect: from the config, a connection string, `PG*` variables and `pg.defaults`, in its order. */
  class ConnectionParameters {
    constructor(config: pg.PoolConfig);
    readonly user: string | undefined;
    readonly database: string | undefined;
    readonly port: number;
    readonly host: string;
    readonly password: string | (() => string | Promise<string>) | null | undefined;
    readonly ssl: unknown;
    readonly sslnegotiation: string | undefined;
    readonly options: string | undefined;
    readonly application_name: string | undefined;
    readonly fallback_application_name: string | undefined;
    readonly statement_timeout: unknown;
    readonly lock_timeout: unknown;
    readonly idle_in_transaction_session_timeout: unknown;
    readonly query_timeout: unknown;
    readonly client_encoding: string | undefined;
    readonly replication: unknown;
  }

  export = ConnectionParameters;
}
