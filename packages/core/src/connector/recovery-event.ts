import type { ErrorClass } from "../error-class.js";
import { moment, type MomentEvents } from "../events.js";

/** Whose backend made trouble. */
interface Troubled {
  readonly name: string;
  readonly kind: string;
  classify(error: unknown): ErrorClass;
}

/** Tells that something was done about an error of a connector's backend, where somebody listens. */
export function tellRecovery(
  troubled: Troubled,
  what: Pick<MomentEvents["connector:recovery"], "action" | "attempt" | "cause">,
): void {
  const channel = moment("connector:recovery");
  if (!channel.hasSubscribers) return;
  const { name: connector, kind } = troubled;
  channel.publish({ connector, kind, errorClass: troubled.classify(what.cause), ...what });
}
