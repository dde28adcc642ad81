import { classifyError, openConnectors, openPools } from "@pool/core";
import type { Fingerprint } from "../statements/fingerprint.js";
import { TextCache } from "../statements/text-cache.js";

const SYSTEMS: Readonly<Record<string, string>> = { postgres: "postgresql" };
const KNOWN_FOR_MS = 5_000;
const TARGET = /\b(?:from|into|update|join|table)\s+((?:"[^"]{1,63}"|`[^`]{1,63}`|[\w.$]{1,63}))/i;

/** How a statement is named where only few names may be. */
export interface Operation {
  /** `SELECT`. */
  readonly name: string;
  /** `SELECT product`: the operation and the first table. */
  readonly summary: string;
  /** With its literals replaced. */
  readonly text: string;
}

/** Attributes by the names of the semantic conventions, made once for each pool and each shape of a statement. */
export class Attributes {
  readonly #texts = new TextCache();
  readonly #operations = new WeakMap<Fingerprint, Operation>();
  readonly #pools = new Map<string, { readonly "db.client.connection.pool.name": string }>();
  #systems = new Map<string, string>();
  #systemsAt = -Infinity;

  pool(name: string): { readonly "db.client.connection.pool.name": string } {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    if (this.#pools.size > 1_000) this.#pools.clear();
    const made = Object.freeze({ "db.client.connection.pool.name": name });
    this.#pools.set(name, made);
    return made;
  }

  operation(statement: string): Operation {
    const fingerprint = this.#texts.get(statement);
    const known = this.#operations.get(fingerprint);
    if (known !== undefined) return known;
    const { text } = fingerprint;
    const name = (/^\W{0,16}(\w{1,32})/.exec(text)?.[1] ?? "OTHER").toUpperCase();
    const target = TARGET.exec(text)?.[1];
    const made: Operation = { name, summary: target === undefined ? name : `${name} ${target}`, text };
    this.#operations.set(fingerprint, made);
    return made;
  }

  /** `db.system.name` of a pool, or of a line that all callers share, by the kind of the pool or connector of that name. */
  system(pool: string): string {
    const now = performance.now();
    if (now - this.#systemsAt > KNOWN_FOR_MS) {
      this.#systemsAt = now;
      this.#systems = new Map(
        [...openConnectors(), ...openPools()].map(({ name, kind }) => [name, SYSTEMS[kind] ?? kind]),
      );
    }
    const connector = pool.slice(0, Math.max(0, pool.lastIndexOf(":")));
    return this.#systems.get(pool) ?? this.#systems.get(connector) ?? "other";
  }

  /** `error.type`: a code where the error has one, else the class of the error. */
  errorType(error: unknown): string {
    const { code } = Object(error) as { code?: unknown };
    return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : classifyError(error);
  }
}
