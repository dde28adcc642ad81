import { isLookedFor } from "./looked-for.js";

/** Stands for a place where nobody can say how the server reads on: its settings decide, or the text ends inside a quote. */
export const DOUBT = "\0";
/** A literal or a quoted name that neither is nor holds anything that is looked for. */
export const PLAIN = "'";
/** A parameter, a word that is too long, a literal or a quoted name that may mean anything. */
export const OTHER = "?";

/** A longer one is not looked into. */
export const LONGEST_LITERAL = 256;
/** What a literal may be that names a setting, or hold that is its value. */
const IN_LITERAL = /search_path|pg_temp|\\/i;

export function literalToken(inside: string): string {
  return IN_LITERAL.test(inside) ? OTHER : PLAIN;
}

/** Of quoted names only those are told apart that are looked for, which are no keywords: "true" is a column, and ";" too. */
export function nameToken(inside: string): string {
  if (isLookedFor(inside)) return inside;
  return /^search_path$|"/i.test(inside) ? OTHER : PLAIN;
}
