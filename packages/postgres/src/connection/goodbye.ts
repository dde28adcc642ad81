import type pg from "pg";

const PATIENCE = 500; // ms; less than pools wait for a close

/**
 * Ends the session, and resolves when its socket is closed. A server that does not answer would keep the socket open for as long as it likes,
 * so it is given half a second.
 */
export async function sayGoodbye(client: pg.Client, graceful: boolean): Promise<void> {
  const { stream } = client.connection;
  if (!graceful) stream.destroy();
  const timer = setTimeout(() => stream.destroy(), PATIENCE);
  try {
    await client.end();
  } finally {
    clearTimeout(timer);
  }
}
