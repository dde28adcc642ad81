import { type PostgresConnection } from "./connection.js";

/** The server's `read_only_sql_transaction`. */
export function isReadOnlyRefusal(error: unknown): boolean {
  return error instanceof Error && (error as { readonly code?: unknown }).code === "25006";
}

/** Asks the server whether it takes writes at all. One round trip, outside of a transaction. */
export async function takesWrites(connection: PostgresConnection, signal: AbortSignal): Promise<boolean> {
  const { rows } = await connection.run(
    { text: "select pg_catalog.current_setting('transaction_read_only') as readonly", prepare: false },
    signal,
  );
  return rows[0]?.readonly === "off";
}
