import {
  type Connector,
  defineConnector,
  type Duration,
  type OptionTable,
  readOptions,
  supervisionOptions,
  type SupervisionOptions,
} from "@pool/core";

export interface StoreOptions extends SupervisionOptions {
  file?: string;
  name?: string;
  maxSize?: number;
  acquireTimeout?: Duration;
  mode?: "fast" | "safe";
  password?: string;
  pin?: string;
  seal?: string;
  pragmas?: Readonly<Record<string, unknown>>;
}

export const storeOptions: OptionTable<StoreOptions> = {
  file: { type: "string", doc: "Where it is" },
  name: { type: "string", doc: "What it is called" },
  maxSize: { type: "integer", min: 1, max: 100, default: 10, doc: "Most connections" },
  acquireTimeout: { type: "duration", default: 30_000, never: true, doc: "Longest wait" },
  ...supervisionOptions,
  mode: { type: "enum", values: ["fast", "safe"], default: "safe", doc: "How it writes" },
  password: { type: "string", secret: true, doc: "What lets us in" },
  pin: { type: "string", secret: true, doc: "What lets us in as well" },
  seal: {
    type: "custom",
    secret: true,
    shape: "a text",
    check: (value) => (typeof value === "string" ? undefined : "a text"),
    doc: "What lets us in at last",
  },
  pragmas: {
    type: "custom",
    shape: "an object",
    check: (value) => (typeof value === "object" ? undefined : "an object"),
    doc: "Settings",
  },
};

export interface Store {
  /** What `connect` was told, as the adapter read it. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A small embedded store: its client is the options it was opened with. */
export function store(options: StoreOptions): Connector<Store> {
  return open("store", readOptions(storeOptions, options, "store"));
}

export interface Cache {
  readonly cache: true;
  readonly options: Readonly<Record<string, unknown>>;
}

/** An adapter that checks nothing, and tells nothing of its options. */
export function cache(options: Readonly<Record<string, unknown>>): Connector<Cache> {
  return open("cache", options, { cache: true });
}

function open<C extends object>(
  kind: string,
  options: Readonly<Record<string, unknown>>,
  client?: C,
): Connector<C & Store> {
  return defineConnector<C & Store>({
    kind,
    name: undefined,
    options,
    key: `${kind}:${String(options.file)}`,
    // What else a client has comes from its factory.
    open: () => Promise.resolve({ ...client, options } as C & Store),
    close: () => Promise.resolve(),
    check: () => Promise.resolve(undefined),
  });
}

export const factories = { store: { create: store, options: storeOptions }, plain: store, cache } as const;
