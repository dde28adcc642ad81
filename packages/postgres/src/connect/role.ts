import type pg from "pg";

/** Which server is wanted, in libpq's words. */
export type TargetSessionAttrs = "any" | "read-write" | "read-only" | "primary" | "standby" | "prefer-standby";
export const TARGET_SESSION_ATTRS: readonly TargetSessionAttrs[] = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
];

/** What a server says of itself; undefined where it says nothing. */
export interface Role {
  readonly isStandby: boolean | undefined;
  readonly isReadOnly: boolean | undefined;
}

/** Follows what the server reports of its settings (of its role since PostgreSQL 14), at each change and without a round trip. */
export class RoleWatch implements Role {
  /** Its settings by name, those that it reports at all. */
  readonly reported = new Map<string, string>();
  #standby: boolean | undefined;
  #readOnly: boolean | undefined;

  /** To be called before the connection starts up: the first reports come with it. */
  constructor(client: pg.Client) {
    client.connection.on("parameterStatus", (message: { parameterName: string; parameterValue: string }) => {
      this.reported.set(message.parameterName, message.parameterValue);
      if (message.parameterName === "in_hot_standby") this.#standby = message.parameterValue === "on";
      if (message.parameterName === "default_transaction_read_only") this.#readOnly = message.parameterValue === "on";
    });
  }

  get isStandby(): boolean | undefined {
    return this.#standby;
  }

  get isReadOnly(): boolean | undefined {
    if (this.#standby === undefined && this.#readOnly === undefined) return undefined;
    return this.#standby === true || this.#readOnly === true;
  }

  /** Asks a server that does not report it: an older one, or a PgBouncer in front. */
  async ask(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ standby: boolean; readonly: string }>(
      "select pg_catalog.pg_is_in_recovery() as standby, pg_catalog.current_setting('transaction_read_only') as readonly",
    );
    this.#standby = rows[0]?.standby;
    this.#readOnly = rows[0]?.readonly === "on";
  }
}

/** Why this server is not the one that is wanted, or undefined when it is. */
export function misfit(role: Role, wanted: TargetSessionAttrs): string | undefined {
  switch (wanted) {
    case "any":
      return undefined;
    case "read-write":
      return role.isReadOnly === true ? (role.isStandby === true ? "is a standby" : "is read-only") : undefined;
    case "read-only":
      return role.isReadOnly === true ? undefined : "is not read-only";
    case "primary":
      return role.isStandby === true ? "is a standby" : undefined;
    case "standby":
    case "prefer-standby":
      return role.isStandby === true ? undefined : "is not a standby";
  }
}
