import { resolve } from "node:path";
import { type OptionSpec, secretTexts } from "@pool/core";
import { coerce, isSecretName, isSecretVariable } from "./coerce.js";
import { isReference } from "./drafts.js";
import type { Environment } from "./environment-options.js";
import { interpolate, type Interpolated, variableOf } from "./interpolate.js";
import { shownKey } from "./key-text.js";
import { camelCase, fold, type MapNode, type Node, nodesOf, type Origin } from "./nodes.js";
import type { Problems } from "./problems.js";
import { readText } from "./read-text.js";

const LARGEST_SECRET = 64 * 1024;

/** Turns nodes into values: variables put in, secrets fetched, the texts of the environment typed by their targets. Notes each secret on its way. */
export class Resolver {
  readonly #env: Environment;
  readonly #problems: Problems;

  constructor(env: Environment, problems: Problems) {
    this.#env = env;
    this.#problems = problems;
  }

  /** The text of a scalar, where it is one and all its variables are set. Tells no problem. */
  textOf(node: Node | undefined): string | undefined {
    if (node?.type !== "scalar" || typeof node.value !== "string") return undefined;
    const { text, variables, problems } = this.#interpolate(node.value, node.origin);
    for (const [variable, value] of variables) if (isSecretVariable(variable)) this.#problems.secret(value);
    return problems.length === 0 ? text : undefined;
  }

  /** @param name the setting's own, which tells whether it is a secret. @param spec what it takes, where that is known */
  async value(node: Node, path: string, name: string, spec?: OptionSpec): Promise<unknown> {
    if (node.type === "list") {
      return Promise.all(node.items.map((item, index) => this.value(item, `${path}[${String(index)}]`, name)));
    }
    if (node.type === "map") return isReference(node) ? this.#referred(node, path, name, spec) : this.#map(node, path);
    // An empty setting in YAML is null, and means that it was left out.
    if (typeof node.value !== "string") return node.value ?? undefined;
    const { text, variables, problems } = this.#interpolate(node.value, node.origin);
    for (const problem of problems) this.#problems.add(node.origin.source, path, problem);
    const secret = isSecretName(name) || (spec !== undefined && "secret" in spec && spec.secret);
    if (secret) this.#problems.secret(text);
    const secrets = [...variables].filter(([variable]) => secret || isSecretVariable(variable));
    for (const [, value] of secrets) this.#problems.secret(value);
    if (!node.origin.untyped && variables.size === 0 && text === node.value) return text;
    const value = coerce(text, name, spec, node.like);
    if (secrets.length > 0 && typeof value !== "string") this.#noteSecret(value);
    return this.#checked(value, path, node);
  }

  // A value that is a variable's own is taken as it is: passwords may hold anything.
  #interpolate(text: string, origin: Origin): Interpolated {
    return origin.untyped ? { text, variables: new Map(), problems: [] } : interpolate(text, this.#env);
  }

  async #map(node: MapNode, path: string): Promise<Record<string, unknown>> {
    const values = [...node.entries].map(async ([name, child]): Promise<[string, unknown]> => [
      name,
      await this.value(child, `${path}.${shownKey(name)}`, name),
    ]);
    return Object.fromEntries((await Promise.all(values)).filter(([, value]) => value !== undefined));
  }

  /** JSON in a variable may hold what a file may hold, and no more. */
  #checked(value: unknown, path: string, node: Node): unknown {
    if (typeof value !== "object" || value === null) return value;
    return nodesOf(value, path, node.origin, this.#problems) === undefined ? undefined : value;
  }

  /** A secret as its target gets it, which may be a number, or the parts of some JSON. */
  #noteSecret(value: unknown): void {
    if (typeof value === "string" || typeof value === "number") this.#problems.secret(String(value));
    else for (const part of secretTexts({ secret: value })) this.#problems.secret(part);
  }

  async #referred(node: MapNode, path: string, name: string, spec: OptionSpec | undefined): Promise<unknown> {
    const [[kind, target] = ["", undefined], ...others] = node.entries;
    const place = this.textOf(target);
    if (target === undefined || others.length > 0 || place === undefined || place === "") {
      this.#problems.add(node.origin.source, path, "must be a value, or { fromEnv: NAME } or { fromFile: path } alone");
      return undefined;
    }
    // Whoever writes the secret, or an address with one, where its name belongs shall not see it in the message.
    for (const secret of secretTexts(place)) this.#problems.secret(secret);
    const text =
      fold(kind) === "fromenv" ? this.#fromEnv(place, path, target) : await this.#fromFile(place, path, target);
    if (text === undefined) return undefined;
    this.#problems.secret(text);
    const value = spec === undefined ? text : coerce(text, camelCase(name), spec, undefined);
    this.#noteSecret(value);
    return value;
  }

  #fromEnv(variable: string, path: string, target: Node): string | undefined {
    const value = variableOf(this.#env, variable);
    if (value === undefined)
      this.#problems.add(target.origin.source, path, `needs the variable ${variable}, which is not set`);
    return value;
  }

  async #fromFile(file: string, path: string, target: Node): Promise<string | undefined> {
    const where = resolve(target.origin.folder, file);
    const text = await readText(
      where,
      `${target.origin.source}: ${path}: ${this.#problems.clean(file)}`,
      "secret",
      LARGEST_SECRET,
      this.#problems,
    );
    // Editors and `echo` end a file with a line break that is no part of the secret.
    return text?.replace(/\r?\n$/, "");
  }
}
