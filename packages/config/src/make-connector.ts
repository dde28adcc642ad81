import { resolve } from "node:path";
import { type Connector, isPoolError, reasonOf, secretNames, secretTexts } from "@pool/core";
import type { Draft, Setting } from "./drafts.js";
import { type Factories, type Factory, factoryOf } from "./factories.js";
import { holdsValue, shownKey } from "./key-text.js";
import { camelCase, fold } from "./nodes.js";
import type { Problems } from "./problems.js";
import type { Resolver } from "./resolver.js";

interface Given {
  readonly path: string;
  readonly source: string;
}

/** The connector that a draft describes; undefined, and problems that name file and path, when it describes none. */
export async function makeConnector(
  draft: Draft,
  allowed: readonly string[],
  factories: Factories,
  resolver: Resolver,
  problems: Problems,
): Promise<Connector | undefined> {
  const kind = await kindOf(draft, allowed, resolver, problems);
  const given = kind === undefined ? undefined : factories[kind];
  if (kind === undefined || given === undefined) return undefined;
  const factory = factoryOf(given);
  const before = problems.count;
  const options: Record<string, unknown> = {};
  const origins = new Map<string, Given>();
  for (const [key, setting] of draft.settings) {
    if (key === "kind") continue;
    const name = optionName(setting.name, factory);
    const path = `${draft.path}.${shownKey(setting.name)}`;
    if (holdsValue(setting.name)) problems.add(setting.node.origin.source, path, "is no name of an option");
    origins.set(name, { path, source: setting.node.origin.source });
    const spec = ownSpec(factory, name);
    const value = await resolver.value(setting.node, path, name, spec);
    // What is unknown does not count as left out, so that the adapter tells of it.
    const isUnknown = spec === undefined && Object.keys(factory.options).length > 0;
    if (value === undefined && isUnknown) options[name] = null;
    else options[name] = factory.paths.includes(name) ? pathOf(value, setting) : value;
  }
  // A factory would complain of what is missing only because it could not be resolved.
  if (problems.count > before) return undefined;
  try {
    return factory.create(options);
  } catch (error) {
    for (const secret of secretTexts(options, secretNames(factory.options))) problems.secret(secret);
    for (const complaint of complaintsOf(error)) report(complaint, kind, draft, origins, problems);
    return undefined;
  }
}

async function kindOf(
  draft: Draft,
  allowed: readonly string[],
  resolver: Resolver,
  problems: Problems,
): Promise<string | undefined> {
  const node = draft.settings.get("kind")?.node;
  const { source } = node?.origin ?? draft.origin;
  const path = `${draft.path}.kind`;
  const before = problems.count;
  const kind = node === undefined ? undefined : await resolver.value(node, path, "kind", { type: "string", doc: "" });
  if (problems.count > before) return undefined;
  if (typeof kind === "string" && allowed.includes(kind)) return kind;
  const list = allowed.map((one) => JSON.stringify(one)).join(", ");
  const got = typeof kind === "string" ? describeKind(kind) : `a ${typeof kind}`;
  problems.add(source, path, kind === undefined ? `is required: one of ${list}` : `must be one of ${list}, got ${got}`);
  return undefined;
}

// What is not written like a kind may be anything: an address, or a line that should have been two.
function describeKind(kind: string): string {
  return /^[\w.-]{0,60}$/.test(kind) ? JSON.stringify(kind) : `a string of ${String(kind.length)} characters`;
}

/** The adapter's own spelling where its table is known, else the one with capitals. */
function optionName(written: string, factory: Factory): string {
  const known = Object.keys(factory.options).find((name) => fold(name) === fold(written));
  return known ?? (/[-_]/.test(written) ? camelCase(written) : written);
}

function ownSpec(factory: Factory, name: string): Factory["options"][string] | undefined {
  return Object.hasOwn(factory.options, name) ? factory.options[name] : undefined;
}

// ":memory:" and addresses such as "file:" and "unix:" are no paths.
function pathOf(value: unknown, { node }: Setting): unknown {
  if (typeof value !== "string" || value === "" || /^(?::|[a-z][a-z0-9+.-]+:)/i.test(value)) return value;
  return resolve(node.origin.folder, value);
}

function complaintsOf(error: unknown): readonly string[] {
  const listed = isPoolError(error, "INVALID_OPTIONS") ? error.details.problems : undefined;
  return Array.isArray(listed) && listed.every((item) => typeof item === "string")
    ? listed
    : [`cannot be made: ${reasonOf(error)}`];
}

/** Finds the setting that an adapter complains of by the option's name, which its complaints begin with. */
function report(
  complaint: string,
  kind: string,
  draft: Draft,
  origins: ReadonlyMap<string, Given>,
  problems: Problems,
): void {
  const [, unknown, hint] = /^unknown option "([^"]*)"(.*)$/s.exec(complaint) ?? [];
  const [, option, rest] = /^([A-Za-z]\w*) ((?:must|is|may|cannot|needs)\b.*)$/s.exec(complaint) ?? [];
  const found = origins.get(unknown ?? option ?? "");
  if (found !== undefined)
    problems.add(
      found.source,
      found.path,
      unknown === undefined ? (rest ?? "") : `is no option of ${kind}${hint ?? ""}`,
    );
  else if (option !== undefined) problems.add(draft.origin.source, `${draft.path}.${option}`, rest ?? "");
  else problems.add(draft.origin.source, draft.path, complaint);
}
