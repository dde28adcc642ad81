/** For vitest's `globalSetup`: the test files of a run share their servers. */
import { shareServers } from "./servers/shared.js";

let shared: AsyncDisposable | undefined;

/** Called by vitest before the first test file. Nothing starts yet: the first test that asks for a server starts it. */
export async function setup(): Promise<void> {
  shared ??= await shareServers();
}

/** Called by vitest after the last test file. */
export async function teardown(): Promise<void> {
  await shared?.[Symbol.asyncDispose]();
  shared = undefined;
}
