import { dirname, extname, resolve } from "node:path";
import { type MapNode, nodesOf } from "./nodes.js";
import { parseJson, type Parsed } from "./parse-json.js";
import { parseYaml } from "./parse-yaml.js";
import type { Problems } from "./problems.js";
import { readText } from "./read-text.js";

/** A page of connectors takes 2 KiB; what is far beyond is no configuration, and would only keep the parser busy. */
const LARGEST_FILE = 64 * 1024;

const PARSERS: Readonly<Record<string, (text: string) => Parsed>> = {
  ".json": parseJson,
  ".yaml": parseYaml,
  ".yml": parseYaml,
};

/** The `connectors` of one JSON or YAML file; undefined, and a problem that names the file, when there are none. */
export async function readConfig(file: string, problems: Problems): Promise<MapNode | undefined> {
  const parse = PARSERS[extname(file).toLowerCase()];
  if (parse === undefined) return refuse("must end in .json, .yaml or .yml");
  const text = await readText(resolve(file), file, "config file", LARGEST_FILE, problems);
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if ("problems" in parsed) {
    for (const problem of parsed.problems) problems.add(file, "", problem);
    return undefined;
  }
  const connectors = ownValue(parsed.value, "connectors");
  if (typeof connectors !== "object" || connectors === null || Array.isArray(connectors)) {
    return refuse(
      connectors === undefined ? "has no connectors" : "must be a map from name to settings",
      connectors === undefined ? "" : "connectors",
    );
  }
  const node = nodesOf(
    connectors,
    "connectors",
    { source: file, folder: dirname(resolve(file)), untyped: false },
    problems,
  );
  return node?.type === "map" ? node : undefined;

  function refuse(problem: string, path = ""): MapNode | undefined {
    problems.add(file, path, problem);
    return undefined;
  }
}

function ownValue(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
