import { ERROR_CLASSES, type ErrorClass } from "../error-class.js";
import { invalidArgument, readKeys, readObject, wrongArgument } from "../arguments.js";
import { describeValue } from "../options-text.js";

/** `reconnect` has the connector looked after at once · `retry` runs the work again where that is safe · `fallback` answers in its place · `alarm` tells somebody. */
const ACTIONS = ["reconnect", "retry", "fallback", "alarm"] as const;
export type RecoveryAction = (typeof ACTIONS)[number];

/** What is done about an error of each class, in the order of the actions above: each where those before it did not help. */
export type RecoveryPolicy = Readonly<Record<ErrorClass, readonly RecoveryAction[]>>;

/** The policy that {@link withRecovery} follows unless it is told otherwise. What only the caller can mend is handed to the caller. */
export const recoveryPolicy: RecoveryPolicy = {
  connection: ["reconnect", "retry", "fallback", "alarm"],
  transient: ["retry", "fallback", "alarm"],
  timeout: ["retry", "fallback", "alarm"],
  overload: ["retry", "fallback"],
  auth: ["fallback", "alarm"],
  unknown: ["fallback", "alarm"],
  constraint: [],
  syntax: [],
};

/** Fills in what is left out. @throws PoolError `INVALID_ARGUMENT` */
export function readPolicy(given: Partial<RecoveryPolicy> | undefined): RecoveryPolicy {
  if (given === undefined) return recoveryPolicy;
  readKeys("withRecovery: policy", readObject("withRecovery: policy", given), ERROR_CLASSES);
  for (const [errorClass, actions] of Object.entries<unknown>(given)) {
    if (!Array.isArray(actions))
      throw wrongArgument(`withRecovery: policy.${errorClass}`, "a list of actions", actions);
    const strange = actions.find((action: unknown) => !ACTIONS.some((known) => known === action)) as unknown;
    if (strange === undefined) continue;
    throw invalidArgument(
      `withRecovery: policy.${errorClass} knows ${ACTIONS.join(", ")}, got ${describeValue(strange)}`,
      "policy",
    );
  }
  return { ...recoveryPolicy, ...given };
}
