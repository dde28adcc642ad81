import type { Lease } from "../pool/lease.js";
import type { Connection } from "./connection.js";
import type { Doom } from "./doom.js";
import { transactionEndedReading, type RollbackFailure } from "./failures.js";
import { TELL_AFTER } from "./statement-call.js";
import { failureIn, type Verdict } from "./verdict.js";

/**
 * Rolls back what is open on the lease, and stops who still reads from it. Never rejects: when it fails the connection is closed, which rolls
 * back as well, and the failure is returned. Behind a cancel that takes its time, and on behalf of a signal that has aborted (`isAborted`) when
 * the reply does, it goes on by itself, for `cancelTimeout` at most; then the connection is closed.
 */
export async function rollBack<R>(
  connection: Connection<R>,
  lease: Lease<R>,
  doom: Doom<R>,
  isAborted: boolean,
): Promise<RollbackFailure | undefined> {
  const { gate, context } = connection;
  const { clock, cancelTimeout } = context;
  connection.reading.stop(transactionEndedReading);
  const progress = { isOver: false };
  const rolledBack = gate.enter(() => send(connection, lease, doom)).finally(() => (progress.isOver = true));
  let timer = isAborted ? clock.setTimeout(() => gate.leave(rolledBack), TELL_AFTER) : undefined;
  const failure = await gate.unlessHeld(rolledBack);
  if (timer !== undefined) clock.clearTimeout(timer);
  if (progress.isOver) return failure;
  timer = clock.setTimeout(() => connection.lose(lease, doom.find()?.error), Math.max(0, cancelTimeout - TELL_AFTER));
  gate.leave(rolledBack.then(() => clock.clearTimeout(timer)));
  return undefined;
}

async function send<R>(
  connection: Connection<R>,
  lease: Lease<R>,
  doom: Doom<R>,
): Promise<RollbackFailure | undefined> {
  if (!lease.active || doom.endedByBackend) return undefined;
  const verdict = await connection.perform(lease, { text: "ROLLBACK", values: [] }, true);
  return loseUnlessDone(connection, lease, verdict.kind === "cancelling" ? await verdict.over : verdict);
}

/** Closes the connection, where what was to end the transaction has not; behind a cancel that takes its time as soon as that is known. */
export function loseUnlessDone<R>(
  connection: Connection<R>,
  lease: Lease<R>,
  verdict: Verdict,
): RollbackFailure | undefined {
  const failed = failureIn(verdict);
  if (verdict.kind === "cancelling") void verdict.over.then((final) => loseUnlessDone(connection, lease, final));
  else if (failed !== undefined) connection.lose(lease, failed.failure);
  return failed;
}
