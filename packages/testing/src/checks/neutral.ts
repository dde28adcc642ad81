import { keep } from "../broken-promise.js";
import { checksOf, type Check } from "../check.js";
import type { Stray } from "../strays.js";
import { reasonOf } from "@pool/core";

const check = checksOf("process");

/** The last check of a run: it tells what went astray in all those before. */
export function neutrality(strays: readonly Stray[]): Check {
  return check("no error goes past its caller: no unhandled rejection, no uncaught exception", [], () => {
    const [first] = strays;
    keep(
      first === undefined,
      first ? `${strays.length} went astray, the first while checking “${first.during}”: ${reasonOf(first.error)}` : "",
    );
    return Promise.resolve();
  });
}
