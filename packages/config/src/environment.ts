import { join, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { parseEnv } from "node:util";
import { type Environment, type EnvironmentOptions, readEnvironmentOptions } from "./environment-options.js";
import { Problems } from "./problems.js";
import { readText } from "./read-text.js";

const LARGEST_FILE = 64 * 1024;

/**
 * The variables of one environment: those of `.env`, `.env.local`, `.env.<environment>` and `.env.<environment>.local`, the later over the earlier, and
 * what was set outside over all of them. A file that is not there is left out. For `test`, `.env.local` is left out too, so that tests see the same everywhere.
 * Changes nothing in `process.env`. @throws PoolError `INVALID_OPTIONS` for options that it does not know, a name that chooses no file, and a file that cannot be read
 */
export async function loadEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { environment, folder, env } = readEnvironmentOptions(options);
  const problems = new Problems();
  const files = [
    ".env",
    ...(environment === "test" ? [] : [".env.local"]),
    `.env.${environment}`,
    `.env.${environment}.local`,
  ];
  // A variable may have any name; without a prototype, none of them means anything else.
  const variables = Object.create(null) as Record<string, string | undefined>;
  for (const name of files) Object.assign(variables, await readEnvFile(join(folder, name), problems));
  if (problems.count > 0) throw problems.error();
  for (const [name, value] of Object.entries(env)) if (value !== undefined) variables[name] = value;
  return Object.freeze(variables);
}

async function readEnvFile(file: string, problems: Problems): Promise<Environment> {
  const path = resolve(file);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return {};
  const text = await readText(path, file, "file of variables", LARGEST_FILE, problems);
  return text === undefined ? {} : parseEnv(text);
}
