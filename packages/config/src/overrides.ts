import type { Environment } from "./environment-options.js";
import { camelCase, fold, isReserved, type MapNode, type Node, type Origin } from "./nodes.js";
import type { Problems } from "./problems.js";

const DEEPEST = 32;

/**
 * The settings in variables such as `POOL_MAIN__MAX_SIZE`: prefix, connector, option, and further names within the option, with two underlines between.
 * Others that begin with the prefix are not ours. Undefined when there are none.
 */
export function overridesIn(env: Environment, prefix: string, folder: string, problems: Problems): MapNode | undefined {
  const root = new Branch();
  for (const variable of Object.keys(env).sort()) {
    const value = env[variable];
    const path = variable.startsWith(prefix) ? variable.slice(prefix.length).split("__") : [];
    if (value === undefined || path.length < 2) continue;
    const origin = { source: variable, folder, untyped: true };
    const problem = isPath(path)
      ? root.set(path, { type: "scalar", value, origin })
      : "is no name of a connector and an option with two underlines between";
    if (problem !== undefined) problems.add(variable, "", problem);
  }
  return root.empty ? undefined : root.node();
}

function isPath(path: readonly string[]): boolean {
  return path.length <= DEEPEST && path.every((name) => /^[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/.test(name));
}

/** A map under construction. */
class Branch {
  readonly #children = new Map<string, { readonly name: string; readonly child: Branch | Node }>();
  #origin: Origin | undefined;

  get empty(): boolean {
    return this.#children.size === 0;
  }

  /** What is wrong with it, if anything. */
  set([first = "", ...rest]: readonly string[], node: Node): string | undefined {
    this.#origin ??= node.origin;
    if (isReserved(camelCase(first))) return "is a name that no setting may have";
    const key = fold(first);
    const found = this.#children.get(key);
    if (rest.length === 0) {
      if (found !== undefined) return "sets what another variable sets";
      this.#children.set(key, { name: camelCase(first), child: node });
      return undefined;
    }
    if (found !== undefined && !(found.child instanceof Branch))
      return `sets a part of what ${found.child.origin.source} sets whole`;
    const branch = found?.child instanceof Branch ? found.child : new Branch();
    if (found === undefined) this.#children.set(key, { name: camelCase(first), child: branch });
    return branch.set(rest, node);
  }

  node(): MapNode {
    const entries = [...this.#children.values()].map(({ name, child }): [string, Node] => [
      name,
      child instanceof Branch ? child.node() : child,
    ]);
    // A branch is made for a variable, so it has seen one by now.
    return {
      type: "map",
      entries: new Map(entries),
      origin: this.#origin ?? { source: "environment", folder: ".", untyped: true },
    };
  }
}
