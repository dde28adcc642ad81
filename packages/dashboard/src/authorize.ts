import type { IncomingMessage } from "node:http";
import { systemClock, withTimeout } from "@pool/core";
import type { Action } from "./action.js";
import type { Settings } from "./options.js";
import { Refusal } from "./refusal.js";
import { isSameOrigin } from "./same-origin.js";

const PATIENCE = 10_000;

/** Asks the host who may look. @throws Refusal 403 */
export async function authorizeView(settings: Settings, request: IncomingMessage): Promise<void> {
  if (!(await allows(settings, () => settings.authorizeView(request))))
    throw new Refusal(403, "FORBIDDEN", "you may not see this");
}

/**
 * Asks the host about an action, which is read only when it may be asked at all: there is a hook, and no foreign page is behind it.
 * @throws Refusal 403, or what is wrong with the action
 */
export async function authorizeAction(
  settings: Settings,
  request: IncomingMessage,
  read: () => Promise<Action>,
): Promise<Action> {
  const { authorize } = settings;
  if (!authorize)
    throw new Refusal(403, "READ_ONLY", "this dashboard only shows: its host has given no authorize hook");
  if (!isSameOrigin(request))
    throw new Refusal(403, "FOREIGN_ORIGIN", "actions are taken from this dashboard's own page");
  const action = await read();
  if (await allows(settings, () => authorize(request, action))) return action;
  throw new Refusal(403, "FORBIDDEN", "you may not do this");
}

/** Only true lets in. A hook that throws, or does not answer, refuses. */
async function allows({ onError }: Settings, ask: () => boolean | PromiseLike<boolean>): Promise<boolean> {
  const silent = (): Error => new Error(`a hook of the dashboard did not answer within ${PATIENCE} ms`);
  try {
    const verdict: unknown = await withTimeout(systemClock, PATIENCE, silent, async () => ask());
    return verdict === true;
  } catch (error) {
    onError(error);
    return false;
  }
}
