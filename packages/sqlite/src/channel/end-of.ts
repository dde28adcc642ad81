import { type Started } from "./spawn-process.js";

// As long as a pool waits for a connection to close.
const CLOSE_MS = 1_000;

/** Waits for the end of a helper that was told to close. One that does not hear it is killed; a thread, which cannot be, is left. */
export async function endOf({ link, ended }: Pick<Started, "link" | "ended">): Promise<void> {
  const timer = setTimeout(() => link.giveUp(), CLOSE_MS);
  await ended;
  clearTimeout(timer);
}
