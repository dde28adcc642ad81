import { inspect } from "node:util";
import type { SentStatement } from "../snapshot/statement-snapshot.js";

const LONGEST_TEXT = 2_000;
const LONGEST_VALUES = 1_000;

/** A statement as it was sent, cut to a bounded size. Runs none of the values' own code. */
export function viewSent({
  statement,
  values,
}: {
  readonly statement: string;
  readonly values: unknown;
}): SentStatement {
  return { text: cut(statement, LONGEST_TEXT), values: values === undefined ? null : viewValues(values) };
}

function viewValues(values: unknown): string {
  try {
    const text = inspect(values, {
      depth: 3,
      breakLength: Infinity,
      compact: true,
      customInspect: false,
      maxArrayLength: 50,
      maxStringLength: 200,
    });
    return cut(text, LONGEST_VALUES);
  } catch {
    return "(cannot be shown)";
  }
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
