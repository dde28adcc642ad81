import { availableParallelism } from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { builtHelpers, startBuiltHelpers } from "./helpers.base.js";

const NOWHERE = ["**/node_modules/**", "**/dist/**"];

// What leaves nothing behind in its process. What kills and freezes servers, looks at all that is in its process, or stands in for a module
// (`vi.mock`) has one of its own.
const SHARED = [
  "packages/{core,config}/test/**/*",
  "packages/{cache,etcd,postgres,redis}/test/!(ioredis-5)",
  "packages/{cache,etcd,postgres,redis}/test/!(faults|storm)/**/!(hosts)",
];

/** `vitest run` takes *.test.ts; `--mode faults` and `--mode soak` take the long runs, which have commands of their own. */
export default defineConfig(({ mode }) => {
  const kind = mode === "faults" || mode === "soak" ? mode : "test";
  const long = kind !== "test";
  const ofKind = (file: string): string => `${file}.${kind}.ts`;
  return {
    plugins: [startBuiltHelpers],
    ssr: {
      resolve: {
        conditions: ["@pool/source", ...defaultServerConditions],
        externalConditions: ["@pool/source", "node", "module-sync"],
      },
    },
    test: {
      // The files of the first share their processes: starting one costs as much as most files do.
      projects: [
        { extends: true, test: { name: "shared", include: SHARED.map(ofKind), isolate: false } },
        {
          extends: true,
          test: { name: "alone", include: [ofKind("**/*")], exclude: [...NOWHERE, ...SHARED.map(ofKind)] },
        },
      ],
      globalSetup: [
        `${import.meta.dirname}/packages/testing/src/vitest.ts`,
        `${import.meta.dirname}/page.base.ts`,
        `${import.meta.dirname}/helpers.base.ts`,
      ],
      exclude: NOWHERE,
      // For the children that tests start: half of their time is the compiling of what the one before had compiled.
      env: {
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? `${import.meta.dirname}/.cache/compile`,
        POOL_BUILT_HELPERS: builtHelpers,
      },
      passWithNoTests: long,
      environment: "node",
      pool: "forks",
      // The tests of servers wait for a third of their time.
      maxWorkers: Math.ceil(availableParallelism() * 1.5),
      // `gc` for the tests of dropped leases; the rest for the workers and children that a test starts from source.
      execArgv: ["--expose-gc", "--conditions=@pool/source", `--import=${import.meta.dirname}/scripts/source.mjs`],
      testTimeout: long ? 30 * 60_000 : 60_000,
      hookTimeout: long ? 5 * 60_000 : 120_000,
      // Servers are killed and frozen, and the machine may be shared: what fails there is tried twice more, and the report names it.
      retry: process.env.CI ? 2 : 0,
      teardownTimeout: 20_000,
      ...(long && { fileParallelism: false }),
      allowOnly: false,
      restoreMocks: true,
      unstubEnvs: true,
      dangerouslyIgnoreUnhandledErrors: false,
    },
  };
});
