import { type PostgresConnection } from "./connection/connection.js";

/** Whether labels reach the server, and how. */
export type LabelMode = "off" | "comment" | "applicationName";

/** How the label of a statement reaches the server. */
export interface Labels {
  /** Tells the server, and gives the text to send. */
  label(connection: PostgresConnection, text: string, label: string | undefined): string | Promise<string>;
}

/** Opens what is read row by row under its label; a generator more only where the server has to be told first. */
export function labelled<T>(
  labels: Labels | undefined,
  connection: PostgresConnection,
  text: string,
  label: string | undefined,
  open: (text: string) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const sent = labels === undefined ? text : labels.label(connection, text, label);
  return typeof sent === "string" ? open(sent) : afterwards(sent, open);
}

async function* afterwards<T>(text: Promise<string>, open: (text: string) => AsyncGenerator<T>): AsyncGenerator<T> {
  yield* open(await text);
}

const LONGEST = 63; // of an application_name, which the server cuts off there

/** As `labels` says; undefined when labels stay here. */
export function labelling(mode: LabelMode): Labels | undefined {
  switch (mode) {
    case "off":
      return undefined;
    case "comment":
      return { label: (_, text, label) => (label === undefined ? text : commented(text, label)) };
    case "applicationName":
      return { label: nameConnection };
  }
}

/** The text of a statement on a connection that all share: its label goes with it or stays here, for a name would be everybody's. */
export function sharedText(mode: LabelMode, text: string, label: string | undefined): string {
  return mode === "comment" && label !== undefined ? commented(text, label) : text;
}

function commented(text: string, label: string): string {
  return `/* ${plain(label)} */ ${text}`;
}

/** One round trip more for a statement whose label is not the connection's yet; `reset` takes the name back. */
async function nameConnection(
  connection: PostgresConnection,
  text: string,
  label: string | undefined,
): Promise<string> {
  const { inTransaction } = connection.status;
  // In a transaction the name would go with its rollback, and in a failed one nothing is taken.
  if (label === undefined || inTransaction === true) return text;
  const name = plain(label).slice(0, LONGEST);
  if (connection.server.reported("application_name") !== name) {
    await connection.run({ text: "select set_config('application_name', $1, false)", values: [name] });
  }
  return text;
}

// Nothing that could end the comment or begin another, however its characters fall together, and nothing that is not for the eye.
function plain(label: string): string {
  return label.replaceAll(/[^\x20-\x7e]/g, "?").replaceAll("*", "#");
}
