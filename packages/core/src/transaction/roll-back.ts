import type { Lease } from "../pool/lease.js";
import type { Connection } from "./connection.js";
import type { Doom } from "./doom.js";
import { transactionEndedReading, type RollbackFailure } from "./failures.js";
import { failureIn } from "./verdict.js";

/**
 * Rolls back what is open on the lease, and stops who still reads from it. Never rejects: when it fails the connection is closed, which rolls
 * back as well, and the failure is returned. A backend that does not answer a cancel is not asked.
 */
export async function rollBack<R>(
  connection: Connection<R>,
  lease: Lease<R>,
  doom: Doom<R>,
): Promise<RollbackFailure | undefined> {
  connection.reading.stop(transactionEndedReading);
  if (connection.gate.isHeld) {
    connection.lose(lease, doom.find()?.error);
    return undefined;
  }
  const verdict = await connection.gate.enter(async () =>
    lease.active && !doom.endedByBackend
      ? await connection.perform(lease, { text: "ROLLBACK", values: [] })
      : undefined,
  );
  const failed = verdict && failureIn(verdict);
  if (failed !== undefined) connection.lose(lease, failed.failure);
  return failed;
}
