import { shownKey } from "./key-text.js";
import { fold, type MapNode, type Node } from "./nodes.js";
import type { Problems } from "./problems.js";

/** One setting of a connector, under the name that it was given. */
export interface Setting {
  readonly name: string;
  readonly node: Node;
}

/** What all layers together say of one connector. Settings are found by their folded names. */
export interface Draft {
  readonly name: string;
  readonly path: string;
  readonly origin: MapNode["origin"];
  readonly settings: Map<string, Setting>;
}

/**
 * Puts layers of connectors on top of each other: the settings of a later one over those of an earlier one. An entry of another kind than before replaces
 * it whole, since the options of one kind mean nothing to another.
 */
export class Drafts {
  readonly #drafts = new Map<string, Draft>();
  readonly #names: ReadonlyMap<string, string>;
  readonly #kindOf: (draft: Draft) => string | undefined;
  readonly #problems: Problems;

  /** @param names the spellings to use whatever a layer's is */
  constructor(names: readonly string[], kindOf: (draft: Draft) => string | undefined, problems: Problems) {
    this.#names = new Map(names.map((name) => [fold(name), name]));
    this.#kindOf = kindOf;
    this.#problems = problems;
  }

  all(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  add(layer: MapNode): void {
    const seen = new Map<string, string>();
    for (const [name, node] of layer.entries) {
      const path = `connectors.${shownKey(name)}`;
      const key = fold(name);
      const twin = seen.get(key);
      seen.set(key, name);
      if (name.trim() === "") this.#problems.add(node.origin.source, "connectors", "has an empty name");
      else if (twin !== undefined)
        this.#problems.add(
          node.origin.source,
          path,
          `is written like connectors.${shownKey(twin)}: no variable could tell them apart`,
        );
      else if (node.type !== "map") this.#problems.add(node.origin.source, path, "must be a map of settings");
      else this.#put(key, name, node);
    }
  }

  #put(key: string, name: string, node: MapNode): void {
    const before = this.#drafts.get(key);
    const shown = before?.name ?? this.#names.get(key) ?? name;
    const draft: Draft = {
      name: shown,
      path: `connectors.${shownKey(name)}`,
      origin: node.origin,
      settings: this.#settingsOf(name, node),
    };
    const kinds = [before === undefined ? undefined : this.#kindOf(before), this.#kindOf(draft)];
    const same = kinds[1] === undefined || kinds[0] === kinds[1];
    this.#drafts.set(key, before !== undefined && same ? this.#merge(before, draft) : draft);
  }

  #settingsOf(connector: string, { entries }: MapNode): Map<string, Setting> {
    const settings = new Map<string, Setting>();
    for (const [name, node] of entries) {
      const twin = settings.get(fold(name));
      if (twin === undefined) settings.set(fold(name), { name, node });
      else
        this.#problems.add(
          node.origin.source,
          `connectors.${shownKey(connector)}.${shownKey(name)}`,
          `is given twice: as ${shownKey(twin.name)} as well`,
        );
    }
    return settings;
  }

  #merge(before: Draft, after: Draft): Draft {
    const settings = new Map(before.settings);
    for (const [key, { name, node }] of after.settings) {
      const old = settings.get(key);
      // A variable's name does not tell capitals, so that of a file stays.
      const shown = old !== undefined && node.origin.untyped ? old.name : name;
      settings.set(key, { name: shown, node: old === undefined ? node : mergeNodes(old.node, node) });
    }
    return { ...before, settings };
  }
}

function mergeNodes(before: Node, after: Node): Node {
  const maps = before.type === "map" && after.type === "map" && !isReference(before) && !isReference(after);
  if (maps) return mergeMaps(before, after);
  if (before.type !== "scalar" || after.type !== "scalar") return after;
  // What it replaces tells what the text of a variable means.
  const like = before.like ?? typeof before.value;
  const known = like === "number" || like === "boolean" || (like === "string" && !String(before.value).includes("${"));
  return known ? { ...after, like } : after;
}

function mergeMaps(before: MapNode, after: MapNode): MapNode {
  const entries = new Map(before.entries);
  for (const [name, node] of after.entries) {
    const known = node.origin.untyped ? [...entries.keys()].find((key) => fold(key) === fold(name)) : name;
    const old = entries.get(known ?? name);
    entries.set(known ?? name, old === undefined ? node : mergeNodes(old, node));
  }
  return { ...before, entries };
}

/** `{ fromEnv: NAME }` or `{ fromFile: path }`: a value that stands elsewhere. */
export function isReference(node: MapNode): boolean {
  return [...node.entries.keys()].some((name) => ["fromenv", "fromfile"].includes(fold(name)));
}
