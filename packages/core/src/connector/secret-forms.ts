import { inspect } from "node:util";

// Shorter ones are found in any text, and replacing them would only make it unreadable.
const SHORTEST_SECRET = 3;
const SHORTEST_LINE = 8;

/** Every form in which these texts may be quoted. The longest first, so that a secret within another leaves nothing of the longer one behind. */
export function secretForms(texts: Iterable<string>): readonly string[] {
  const forms = new Set<string>();
  for (const text of texts) {
    // `inspect` shows a text of several lines as several texts.
    const lines = text.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
    for (const part of [text, ...lines]) if (part.length >= SHORTEST_SECRET) addForms(part, forms);
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

/** As drivers write it: as it is, in JSON or a dump, in a statement, in a URL, and in base64 (of a header or a SASL message). */
function addForms(text: string, forms: Set<string>): void {
  forms.add(text).add(JSON.stringify(text).slice(1, -1)).add(text.replaceAll("'", "''"));
  // A text around it may leave `inspect` other quotes than it would have alone.
  forms.add(inspected(text)).add(inspected(`${text}'"\``).slice(0, -4));
  const url = new URL("x://host");
  url.password = text;
  forms.add(encodeURIComponent(text.toWellFormed())).add(url.password);
  forms.add(new URLSearchParams([["", text]]).toString().slice(1));
  // A base64 of three characters or less, without its padding, would be found anywhere.
  if (text.length === SHORTEST_SECRET) return;
  for (const encoding of ["base64", "base64url"] as const)
    forms.add(Buffer.from(text).toString(encoding).replace(/=+$/, ""));
}

/** As `inspect` shows it within its quotes, which it chooses by what the text has none of. */
export function inspected(text: string): string {
  return inspect(text, { breakLength: Infinity, maxStringLength: Infinity }).slice(1, -1);
}
