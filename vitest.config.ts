import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

/** `vitest run` takes *.test.ts; `--mode faults` and `--mode soak` take the long runs, which have commands of their own. */
export default defineConfig(({ mode }) => {
  const kind = mode === "faults" || mode === "soak" ? mode : "test";
  const long = kind !== "test";
  return {
    ssr: {
      resolve: {
        conditions: ["@pool/source", ...defaultServerConditions],
        externalConditions: ["@pool/source", "node", "module-sync"],
      },
    },
    test: {
      include: [
        `{packages,apps,templates}/*/{src,test}/**/*.${kind}.ts`,
        `{benchmarks,examples,tests}/**/*.${kind}.ts`,
      ],
      exclude: ["**/node_modules/**", "**/dist/**"],
      passWithNoTests: long,
      environment: "node",
      globalSetup: [`${import.meta.dirname}/packages/testing/src/vitest.ts`, `${import.meta.dirname}/page.base.ts`],
      pool: "forks",
      maxWorkers: "100%",
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
