import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { files, importsOf, type Package, packageOf, packages, read, withoutScope } from "./workspace.ts";

/** What a package may import of the others; whatever is not named here stands on core alone. */
const layers: Record<string, readonly string[]> = {
  core: [],
  dashboard: ["core", "monitor"],
};

/** What a folder of core may import of its neighbours: mechanism below, policy above. */
const foldersOfCore: Record<string, readonly string[]> = {
  pool: [],
  lock: [],
  connector: ["pool"],
  transaction: ["pool"],
  recovery: ["connector"],
};

/** Node ≥ 22.13 it is, but for a driver that needs more. */
const oldestNode: Record<string, string> = { sqlite: ">=22.14" };

const longest = 150;
const mayBeLonger: Record<string, number> = { "packages/core/src/pool/engine.ts": 300 };

test("imports of packages point one way", () => {
  const complaints = everySource((pkg, _file, specifier) => {
    const target = withoutScope(specifier);
    const allowed = layers[pkg.short] ?? ["core"];
    if (!target || target === pkg.short || allowed.includes(target)) return;
    return `imports ${specifier}, but ${pkg.short} may import ${only(allowed)}`;
  });
  expect(complaints).toEqual([]);
});

test("inside core, the pool knows neither connectors, transactions nor locks, and those three not each other", () => {
  const complaints = everySource((pkg, file, specifier) => {
    if (pkg.short !== "core" || !specifier.startsWith(".")) return;
    const [, from = "", nested] = /\/src\/([^/]+)(\/)?/.exec(file) ?? [];
    const [, to = "", toNested] = /\/src\/([^/]+)(\/)?/.exec(posix.join(posix.dirname(file), specifier)) ?? [];
    const allowed = nested && toNested && from !== to ? foldersOfCore[from] : undefined;
    if (!allowed || allowed.includes(to)) return;
    return `imports ${specifier}, but of its neighbours ${from}/ may import ${only(allowed)}`;
  });
  expect(complaints).toEqual([]);
});

test("what a package imports is node:, its own, or named in its manifest", () => {
  const complaints = everyFile((pkg, file, specifier) => {
    const { dependencies, peerDependencies, devDependencies } = pkg.manifest;
    const inTests = file.startsWith(`${pkg.folder}/test/`);
    // What a page loads is bundled into it, so that nothing of it is installed with the package.
    const isBundled = file.startsWith(`${pkg.folder}/src/page/`);
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file), specifier);
      return target.startsWith(`${pkg.folder}/`) ? undefined : `reaches out of its package with ${specifier}`;
    }
    if (specifier.startsWith("node:")) return;
    if (isBuiltin(specifier)) return `imports ${specifier} without the node: prefix`;
    const named = { ...dependencies, ...peerDependencies, ...((inTests || isBundled) && devDependencies) };
    const name = packageOf(specifier);
    if (name in named || name === pkg.manifest.name || (inTests && name === "vitest")) return;
    return `imports ${specifier}, which ${pkg.folder}/package.json does not name`;
  });
  expect(complaints).toEqual([]);
});

test("core has no runtime dependency, every other package at most one beside @pool", () => {
  const complaints = everyPackage(({ short, manifest }) => {
    const foreign = Object.keys(manifest.dependencies ?? {}).filter((name) => !withoutScope(name));
    const limit = short === "core" ? 0 : 1;
    return foreign.length > limit ? [`depends on ${foreign.join(", ")}: more than ${limit}`] : [];
  });
  expect(complaints).toEqual([]);
});

test("a manifest names only the packages below its own", () => {
  const complaints = everyPackage(({ short, manifest }) => {
    const allowed = layers[short] ?? ["core"];
    return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      .filter((name) => withoutScope(name) && !allowed.includes(withoutScope(name)!))
      .map((name) => `package.json depends on ${name}, but ${short} may use ${only(allowed)}`);
  });
  expect(complaints).toEqual([]);
});

test("the types of a driver are an optional peer, as the driver is one, and the README installs them", () => {
  const complaints = everyPackage(({ folder, manifest }) => {
    const { peerDependencies = {}, peerDependenciesMeta = {}, devDependencies = {} } = manifest;
    const types = Object.keys(devDependencies).filter((name) => name.replace("@types/", "") in peerDependencies);
    return types
      .filter((name) => name.startsWith("@types/"))
      .flatMap((name) => [
        ...(peerDependenciesMeta[name]?.optional === true && name in peerDependencies
          ? []
          : [`package.json does not name ${name} as an optional peer`]),
        ...(installedBy(read(`${folder}/README.md`)).includes(name) ? [] : [`README.md does not install ${name}`]),
      ]);
  });
  expect(complaints).toEqual([]);
});

test("a README installs the packages of ours that its examples import", () => {
  const complaints = everyPackage(({ folder, manifest }) => {
    const readme = read(`${folder}/README.md`);
    const there = [...installedBy(readme), manifest.name, ...Object.keys(manifest.dependencies ?? {})];
    const imported = [...readme.matchAll(/from "(@pool\/[a-z]+)/g)].map(([, name = ""]) => name);
    return [...new Set(imported)]
      .filter((name) => !there.includes(name))
      .map((name) => `README.md does not install ${name}`);
  });
  expect(complaints).toEqual([]);
});

test("every manifest has the same shape", () => {
  const complaints = everyPackage(({ short, manifest }) => {
    const agreed = {
      name: `@pool/${short}`,
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: { node: oldestNode[short] ?? ">=22.13" },
      files: ["dist", "src"],
      publishConfig: { access: "public" },
      scripts: { build: "tsup --config ../../tsup.base.ts", check: "node ../../scripts/check-package.mjs" },
    };
    const strange = Object.entries(agreed).filter(([key, value]) => !same(manifest[key], value));
    const missing = ["version", "description", "keywords"].filter((key) => !manifest[key]);
    return [
      ...strange.map(([key, value]) => `package.json has ${key} other than ${JSON.stringify(value)}`),
      ...missing.map((key) => `package.json lacks ${key}`),
    ];
  });
  expect(complaints).toEqual([]);
});

test("every export names its source, its types and its build, in this order", () => {
  const complaints = everyPackage(({ manifest: { exports = {} } }) =>
    Object.entries(exports).flatMap(([path, target]) => {
      if (path === "./package.json") return [];
      const built = path === "." ? "./dist/index" : path.replace("./", "./dist/");
      const source = (target as Record<string, string>)["@pool/source"] ?? "./src/?.ts";
      const agreed = { "@pool/source": source, types: `${built}.d.ts`, default: `${built}.js` };
      const isSource = source.startsWith("./src/") && source.endsWith(".ts");
      return isSource && same(target, agreed) ? [] : [`exports "${path}" other than as ${JSON.stringify(agreed)}`];
    }),
  );
  expect(complaints).toEqual([]);
});

test("every package has a README, every adapter a contract test", () => {
  const complaints = everyPackage(({ folder, isAdapter }) =>
    ["README.md", ...(isAdapter ? ["test/contract.test.ts"] : [])]
      .filter((file) => !files.includes(`${folder}/${file}`))
      .map((file) => `lacks ${file}`),
  );
  expect(complaints).toEqual([]);
});

test(`a source stays within ${longest} lines`, () => {
  const complaints = everyPackage((pkg) =>
    sourcesOf(pkg).flatMap((file) => {
      const lines = read(file).trimEnd().split("\n").length;
      const limit = mayBeLonger[file] ?? longest;
      return lines > limit ? [`${file} has ${lines} lines, more than ${limit}`] : [];
    }),
  );
  expect(complaints).toEqual([]);
});

test("no test is left out or singled out", () => {
  const marked = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(only|skip|skipIf|runIf|todo)\b/;
  const complaints = files
    .filter((file) => /\.(test|faults|soak)\.ts$/.test(file) || /\/test\/.*\.ts$/.test(file))
    .flatMap((file) =>
      read(file)
        .split("\n")
        .map((line, at) => ({ file, line, at })),
    )
    .filter(({ line }) => marked.test(line))
    .map(({ file, line, at }) => `${file}:${at + 1} marks a test with ${marked.exec(line)?.[1]}`);
  expect(complaints).toEqual([]);
});

test("no file names the host of a package registry", () => {
  const host = /https?:\/\/(?:(?:registry|deb|security|mirrors?)\.|(?:[\w-]+\.)*npm(?:js|mirror)?\.)[\w.-]+/i;
  const complaints = files
    .filter((file) => /(\.(ts|js|mjs|json|ya?ml|md|sh|cfg|toml)|run|npmrc)$/.test(file))
    .filter((file) => host.test(read(file)))
    .map((file) => `${file} names ${host.exec(read(file))?.[0]}`);
  expect(complaints).toEqual([]);
});

test("the lockfile holds no address", () => {
  const addresses = read("pnpm-lock.yaml")
    .split("\n")
    .filter((line) => /:\/\/|tarball:/.test(line));
  expect(addresses).toEqual([]);
});

test("only the named packages run code when they are installed", () => {
  const [, builds = ""] = /^allowBuilds:\n((?: {2}.*\n)+)/m.exec(read("pnpm-workspace.yaml")) ?? [];
  expect(builds.match(/\S+(?=: true$)/gm)).toEqual(["esbuild", "node"]);

  const complaints = everyPackage(({ manifest }) =>
    ["preinstall", "install", "postinstall", "prepare"]
      .filter((name) => manifest.scripts && name in manifest.scripts)
      .map((name) => `package.json has the script ${name}, which runs at its user's install`),
  );
  expect(complaints).toEqual([]);
});

/** Complaints of a rule about a package, each opening with the package's name. */
function everyPackage(rule: (pkg: Package) => readonly string[]): string[] {
  return packages.flatMap((pkg) => rule(pkg).map((complaint) => `${pkg.manifest.name}: ${complaint}`));
}

type ImportRule = (pkg: Package, file: string, specifier: string) => string | undefined;

function everySource(rule: ImportRule): string[] {
  return everyPackage((pkg) => ofImports(pkg, sourcesOf(pkg), rule));
}

function everyFile(rule: ImportRule): string[] {
  return everyPackage((pkg) =>
    ofImports(
      pkg,
      pkg.files.filter((file) => /\.tsx?$/.test(file)),
      rule,
    ),
  );
}

function ofImports(pkg: Package, inFiles: readonly string[], rule: ImportRule): string[] {
  return inFiles.flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const complaint = rule(pkg, file, specifier);
      return complaint ? [`${file} ${complaint}`] : [];
    }),
  );
}

function sourcesOf(pkg: Package): readonly string[] {
  return pkg.files.filter((file) => file.startsWith(`${pkg.folder}/src/`) && /\.tsx?$/.test(file));
}

/** Equal, keys in the same order. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function only(names: readonly string[]): string {
  return names.length > 0 ? `${names.join(", ")} only` : "none";
}

/** What the install lines of a README name. */
function installedBy(readme: string): readonly string[] {
  return [...readme.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names = ""]) => names.trim().split(" "));
}
