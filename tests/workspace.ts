import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";

/** One published package, as its folder and its manifest show it. Paths are relative to the root of the repository. */
export interface Package {
  readonly folder: string;
  readonly short: string;
  readonly manifest: Manifest;
  readonly files: readonly string[];
  readonly isAdapter: boolean;
}

export interface Manifest extends Record<string, unknown> {
  readonly name: string;
  readonly exports?: Record<string, unknown>;
  readonly scripts?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  readonly devDependencies?: Record<string, string>;
}

/** Every file that is tracked or about to be. */
export const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));

export const packages: readonly Package[] = files
  .filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))
  .map((file) => readPackage(file.replace("/package.json", "")));

export function read(file: string): string {
  return readFileSync(file, "utf8");
}

/** The specifiers that a source imports, statically or not, types included. */
export function importsOf(file: string): readonly string[] {
  return ts.preProcessFile(read(file), true, true).importedFiles.map((found) => found.fileName);
}

export function withoutScope(name: string): string | undefined {
  return /^@pool\/([^/]+)/.exec(name)?.[1];
}

/** The package that a specifier belongs to: "kysely" of "kysely/helpers", "@pool/core" of "@pool/core/testing". */
export function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function readPackage(folder: string): Package {
  const manifest = JSON.parse(read(`${folder}/package.json`)) as Manifest;
  const drivers = Object.keys(manifest.peerDependencies ?? {}).filter(
    (peer) => !withoutScope(peer) && !manifest.peerDependenciesMeta?.[peer]?.optional,
  );
  return {
    folder,
    short: folder.replace("packages/", ""),
    manifest,
    files: files.filter((file) => file.startsWith(`${folder}/`)),
    isAdapter: drivers.length > 0,
  };
}
