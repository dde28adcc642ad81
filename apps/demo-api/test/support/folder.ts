import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export type CleanUp = (work: () => Promise<void>) => void;

/** A folder that is gone after the test (or after the file, when called in `beforeAll` with `afterAll`). */
export async function temporaryFolder(cleanUp: CleanUp = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "demo-api-"));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
