import { holdsValue, shownKey } from "./key-text.js";
import type { Problems } from "./problems.js";

/** Where a setting comes from: a file or a variable, and the folder that its relative paths start at. */
export interface Origin {
  readonly source: string;
  readonly folder: string;
  /** Text that means whatever its target takes, as in a variable; in a file, a quoted number is a string. */
  readonly untyped: boolean;
}

export type Scalar = string | number | boolean | null;

/** A configuration with the origin of every part. Its maps are Maps, so that no key can reach a prototype. */
export type Node =
  | {
      readonly type: "scalar";
      readonly value: Scalar;
      readonly origin: Origin;
      readonly like?: "string" | "number" | "boolean";
    }
  | { readonly type: "list"; readonly items: readonly Node[]; readonly origin: Origin }
  | MapNode;

export interface MapNode {
  readonly type: "map";
  readonly entries: ReadonlyMap<string, Node>;
  readonly origin: Origin;
}

const DEEPEST = 32;
const MOST_VALUES = 10_000;
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

/** Would this name reach a prototype, where somebody uses it as a key of an object? */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** The nodes of a parsed value; undefined, and a problem, when it is too deep, too large, or holds what no configuration does. */
export function nodesOf(value: unknown, path: string, origin: Origin, problems: Problems): Node | undefined {
  let values = 0;
  const told: string[] = [];
  const refuse = (at: string, problem: string): Node | undefined => {
    problems.add(origin.source, at, problem);
    return undefined;
  };
  const limit = (problem: string): Node | undefined => {
    // Of the whole, and once: it would be told again of everything further on.
    told.push(problem);
    return refuse(path, problem);
  };
  const node = convert(value, path, path.split(".").length);
  return told.length > 0 ? undefined : node;

  function convert(item: unknown, at: string, depth: number): Node | undefined {
    if (told.length > 0) return undefined;
    if (++values > MOST_VALUES) return limit(`holds more than ${String(MOST_VALUES)} values`);
    if (depth > DEEPEST) return limit(`is nested deeper than ${String(DEEPEST)} levels`);
    if (item === null || typeof item === "string" || typeof item === "number" || typeof item === "boolean") {
      return { type: "scalar", value: item, origin };
    }
    if (Array.isArray(item)) {
      const items = item.map((child: unknown, index) => convert(child, `${at}[${String(index)}]`, depth + 1));
      return { type: "list", items: items.filter((child) => child !== undefined), origin };
    }
    return typeof item === "object" ? convertMap(item, at, depth) : refuse(at, `must not be a ${typeof item}`);
  }

  function convertMap(map: object, at: string, depth: number): Node {
    const entries = new Map<string, Node>();
    for (const [name, child] of Object.entries(map)) {
      const childPath = at === "" ? shownKey(name) : `${at}.${shownKey(name)}`;
      const node = convertSetting(name, child, childPath, depth);
      if (node !== undefined) entries.set(name, node);
    }
    return { type: "map", entries, origin };
  }

  function convertSetting(name: string, child: unknown, at: string, depth: number): Node | undefined {
    if (isReserved(name)) return refuse(at, "is a name that no setting may have");
    if (child === null && holdsValue(name))
      return refuse(at, "has its value within its name: between them belong a colon and a space");
    return convert(child, at, depth + 1);
  }
}

/** What is the same for names that differ only in how they are written: `max_size`, `maxSize`, `MAX-SIZE`. */
export function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** `MAX_SIZE`, `max_size` and `max-size` as `maxSize`. */
export function camelCase(name: string): string {
  const words = name.split(/[-_]+/).filter((word) => word !== "");
  const [first = "", ...rest] = words.map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word));
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
