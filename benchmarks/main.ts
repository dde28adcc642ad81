/** `pnpm bench engine …`, `pnpm bench sqlite …` and so on. */
const benchmarks: Readonly<Record<string, () => Promise<unknown>>> = {
  engine: () => import("./engine.ts"),
  sqlite: () => import("./sqlite.ts"),
  postgres: () => import("./postgres.ts"),
  monitor: () => import("./monitor.ts"),
  etcd: () => import("./etcd.ts"),
  redis: () => import("./redis.ts"),
};

const name = process.argv[2] ?? "";
const run = benchmarks[name];
if (run && !globalThis.gc) {
  console.error("run it with `pnpm bench`, which gives Node the options that the figures need");
  process.exitCode = 2;
} else if (run) {
  await run();
} else {
  console.error(`which benchmark? ${Object.keys(benchmarks).join(", ")}, then its options; --help lists them`);
  process.exitCode = 2;
}
