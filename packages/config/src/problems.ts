import { cleanText, invalidOptions, type PoolError, REDACTED, secretForms } from "@pool/core";

interface Problem {
  readonly place: string;
  readonly text: string;
}

// Of one or two characters: they are a part of any word.
const SHORT_SECRET = 2;

/** Collects what is wrong with a configuration, so that one error tells everything; and the secrets met on the way, so that it shows none. */
export class Problems {
  readonly #list: Problem[] = [];
  readonly #secrets = new Set<string>();

  get count(): number {
    return this.#list.length;
  }

  /** @param source the file or variable that said so */
  add(source: string, path: string, text: string): void {
    this.#list.push({ place: `${source}: ${path === "" ? "" : `${path} `}`, text });
  }

  secret(text: string): void {
    if (text !== "") this.#secrets.add(text);
  }

  /** `text` without any of the secrets met so far, however it quotes them. */
  clean(text: string): string {
    const short = [...this.#secrets].filter((secret) => secret.length <= SHORT_SECRET);
    return short.reduce(
      (cleaned, secret) => cleaned.replace(wordOf(secret), REDACTED),
      cleanText(text, secretForms(this.#secrets)),
    );
  }

  /** The `INVALID_OPTIONS` that tells them all. */
  error(): PoolError {
    // Cleaned last, since the secret that one shows may be met after it.
    const lines = this.#list.map(({ place, text }) => place + this.clean(text));
    return invalidOptions("cannot load the connectors", [...new Set(lines)]);
  }
}

function wordOf(secret: string): RegExp {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return new RegExp(`(?<!\\w)${quoted.replaceAll(/\W/g, "\\$&")}(?!\\w)`, "g");
}
