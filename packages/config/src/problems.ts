import { cleanText, invalidOptions, type PoolError } from "@pool/core";

/** Collects what is wrong with a configuration, so that one error tells everything; and the secrets met on the way, so that it shows none. */
export class Problems {
  readonly #list: string[] = [];
  readonly #secrets = new Set<string>();

  get count(): number {
    return this.#list.length;
  }

  /** @param source the file or variable that said so */
  add(source: string, path: string, problem: string): void {
    const line = `${source}: ${path === "" ? "" : `${path} `}${problem}`;
    if (!this.#list.includes(line)) this.#list.push(line);
  }

  secret(text: string): void {
    if (text !== "") this.#secrets.add(text);
  }

  get secrets(): readonly string[] {
    return [...this.#secrets].sort((a, b) => b.length - a.length);
  }

  /** `text` without any of the secrets. */
  clean(text: string): string {
    return cleanText(text, this.secrets);
  }

  /** The `INVALID_OPTIONS` that tells them all. */
  error(): PoolError {
    return invalidOptions("cannot load the connectors", this.#list);
  }
}
