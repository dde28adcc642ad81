import { moment, type MomentEvents } from "../events.js";

const statements = moment("pool:statement");
const releases = moment("pool:release");
const statementsAnywhere = moment("pool:statement:anywhere");
const releasesAnywhere = moment("pool:release:anywhere");

/** Does anybody listen to the end of statements? */
export function statementEndsHeard(): boolean {
  return statements.hasSubscribers || statementsAnywhere.hasSubscribers;
}

/** Does anybody listen to the end of leases? */
export function releasesHeard(): boolean {
  return releases.hasSubscribers || releasesAnywhere.hasSubscribers;
}

/** Does it matter to anybody who listens in which async context statements and leases end? To bring an end into its caller's takes a promise. */
export function contextHeard(): boolean {
  return statements.hasSubscribers || releases.hasSubscribers;
}

export function publishStatement(event: MomentEvents["pool:statement"]): void {
  if (statementsAnywhere.hasSubscribers) statementsAnywhere.publish(event);
  if (statements.hasSubscribers) statements.publish(event);
}

export function publishRelease(event: MomentEvents["pool:release"]): void {
  if (releasesAnywhere.hasSubscribers) releasesAnywhere.publish(event);
  if (releases.hasSubscribers) releases.publish(event);
}
