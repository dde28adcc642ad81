import { expect, test } from "vitest";
import { loadConnectors } from "../src/index.js";
import { factories } from "./support/factories.js";
import { folderWith, problemsOf } from "./support/folder.js";

const said = {
  critical: false,
  autoReconnect: false,
  reconnectInterval: 2_000,
  maxReconnectAttempts: 7,
  healthCheckInterval: 10_000,
  healthCheckTimeout: 250,
};

test.each([
  [
    "YAML",
    "pool.yaml",
    "connectors:\n  main:\n    kind: store\n    critical: false\n    auto_reconnect: no\n    reconnect-interval: 2s\n    max_reconnect_attempts: 7\n    healthCheckInterval: 10s\n    health_check_timeout: 250\n",
  ],
  [
    "JSON",
    "pool.json",
    JSON.stringify({ connectors: { main: { kind: "store", ...said, healthCheckInterval: "10s" } } }),
  ],
])("how a connector is looked after can be told in %s", async (_, name, text) => {
  using folder = folderWith({ [name]: text.replace("auto_reconnect: no", "auto_reconnect: false") });
  const { main } = await loadConnectors({ file: folder.file(name), factories, env: {}, expect: { main: "store" } });
  expect(main.config).toMatchObject(said);
  expect(main.critical).toBe(false);
});

test("and in variables, over a file", async () => {
  using folder = folderWith({
    "pool.yaml": "connectors: { main: { kind: store, critical: true, maxReconnectAttempts: 3 } }",
  });
  const env = {
    POOL_MAIN__CRITICAL: "no",
    POOL_MAIN__AUTO_RECONNECT: "off",
    POOL_MAIN__RECONNECT_INTERVAL: "2s",
    POOL_MAIN__MAX_RECONNECT_ATTEMPTS: "Infinity",
    POOL_MAIN__HEALTH_CHECK_INTERVAL: "never",
    POOL_MAIN__HEALTH_CHECK_TIMEOUT: "250ms",
  };
  const { main } = await loadConnectors({ file: folder.file("pool.yaml"), factories, env, expect: { main: "store" } });
  expect(main.config).toMatchObject({ ...said, maxReconnectAttempts: Infinity, healthCheckInterval: Infinity });
  expect(main.critical).toBe(false);
});

test("what cannot be is refused with its variable", async () => {
  const env = { POOL_MAIN__KIND: "store", POOL_MAIN__HEALTH_CHECK_INTERVAL: "5ms", POOL_MAIN__CRITICAL: "perhaps" };
  expect(await problemsOf(loadConnectors({ factories, env }))).toEqual([
    'POOL_MAIN__CRITICAL: connectors.main.critical must be true or false, got "perhaps"',
    'POOL_MAIN__HEALTH_CHECK_INTERVAL: connectors.main.healthCheckInterval must be a duration in ms or as text like "30s" of at least 1000 ms, or "never", got "5ms"',
  ]);
});
