import type { Connector } from "@pool/core";
import { Drafts } from "./drafts.js";
import { loadEnvironment } from "./environment.js";
import type { Environment } from "./environment-options.js";
import type { Factories } from "./factories.js";
import { type Expected, type Loaded, type LoadOptions, readLoadOptions } from "./load-options.js";
import { makeConnector } from "./make-connector.js";
import { overridesIn } from "./overrides.js";
import { Problems } from "./problems.js";
import { readConfig } from "./read-config.js";
import { Resolver } from "./resolver.js";

/**
 * Makes the connectors that files and the environment describe; opens none of them. Hand them to `connectAll`.
 * @throws PoolError `INVALID_OPTIONS` with every problem at once in `details.problems`, each with its file or variable and the path within it; secrets show in none
 */
export async function loadConnectors<const F extends Factories, const E extends Expected<F> | undefined = undefined>(
  options: LoadOptions<F, E>,
): Promise<Loaded<F, E>> {
  const {
    factories,
    file = [],
    expect = {},
    prefix,
    environment,
    envFolder,
    env: outside = process.env,
  } = readLoadOptions(options);
  const problems = new Problems();
  const env =
    environment === undefined ? outside : await loadEnvironment({ environment, folder: envFolder, env: outside });
  const resolver = new Resolver(env, problems);
  const drafts = new Drafts(
    Object.keys(expect),
    (draft) => resolver.textOf(draft.settings.get("kind")?.node),
    problems,
  );
  const files = [file].flat();
  await addLayers(drafts, files, env, prefix, problems);

  const where = files.length === 0 ? "environment" : files.join(", ");
  const made = new Map<string, Connector>();
  for (const draft of drafts.all()) {
    // A connector may be called what every object has, such as "toString".
    const expected = Object.hasOwn(expect, draft.name) ? expect[draft.name] : undefined;
    const kinds = [expected ?? Object.keys(factories)].flat();
    const connector = await makeConnector(draft, kinds, factories, resolver, problems);
    if (connector !== undefined) made.set(draft.name, connector);
  }
  for (const name of Object.keys(expect)) {
    if (!drafts.all().some((draft) => draft.name === name))
      problems.add(where, `connectors.${name}`, "is required, and not there");
  }
  if (problems.count === 0 && made.size === 0)
    problems.add(where, "", `describes no connector; give a file, or variables such as ${prefix || "POOL_"}MAIN__KIND`);
  if (problems.count > 0) throw problems.error();
  // Every name in `expect` is there, and of a kind that it allows.
  return Object.fromEntries(made) as Loaded<F, E>;
}

/** The files in their order, then the variables, so that those win. */
async function addLayers(
  drafts: Drafts,
  files: readonly string[],
  env: Environment,
  prefix: string | false,
  problems: Problems,
): Promise<void> {
  for (const file of files) {
    const layer = await readConfig(file, problems);
    if (layer !== undefined) drafts.add(layer);
  }
  const overrides = prefix === false ? undefined : overridesIn(env, prefix, process.cwd(), problems);
  if (overrides !== undefined) drafts.add(overrides);
}
