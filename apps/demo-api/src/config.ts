import { fileURLToPath } from "node:url";
import { invalidOptions, type OptionTable, readOptions } from "@pool/core";
import { checkDatabaseUrl, DATABASE_URL_SHAPE, type DatabaseSource, databaseSource } from "./database-source.js";
import { type DataSize } from "./data/rows.js";

/** What the service is told by its environment. Every variable has a default that works. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly database: DatabaseSource;
  readonly data: DataSize;
  readonly logLevel: string;
  readonly corsOrigin: string;
  /** Longest time of a report, in ms. */
  readonly reportTimeout: number;
  /** How long new requests are still served after SIGTERM, in ms. */
  readonly shutdownDelay: number;
  /** Everything of a shutdown together, in ms. */
  readonly shutdownTimeout: number;
  /** Started to be tried out: faults can be made, and the dashboard acts. */
  readonly demo: boolean;
}

export const DEFAULT_PORT = 3000;

interface Environment {
  HOST: string;
  PORT: number;
  DATABASE_URL?: string;
  DATABASE_CONFIG?: string;
  DATA_DIR?: string;
  DATA_PRODUCTS: number;
  DATA_CUSTOMERS: number;
  DATA_ORDERS: number;
  DATA_SEED: number;
  LOG_LEVEL: string;
  CORS_ORIGIN: string;
  REPORT_TIMEOUT: number;
  SHUTDOWN_DELAY: number;
  SHUTDOWN_TIMEOUT: number;
  DEMO: string;
}

/** The variables, with what each takes, its default and its meaning. The README's table is made from it. */
export const environment: OptionTable<Environment> = {
  HOST: { type: "string", default: "127.0.0.1", doc: "Address to listen on; `0.0.0.0` for every one" },
  PORT: { type: "integer", min: 0, max: 65_535, default: DEFAULT_PORT, doc: "Port to listen on; 0 takes a free one" },
  DATABASE_URL: {
    type: "custom",
    shape: DATABASE_URL_SHAPE,
    check: checkDatabaseUrl,
    secret: true,
    doc: "PostgreSQL, or the file of an SQLite database. Default: `orders.sqlite` in `DATA_DIR`",
  },
  DATABASE_CONFIG: {
    type: "string",
    doc: "A JSON or YAML file of `@pool/config` that describes the connector `db`, in place of [those here](config)",
  },
  DATA_DIR: {
    type: "string",
    doc: "Folder of the SQLite database, made when it is not there. Default: `data` beside the app's `package.json`",
  },
  DATA_PRODUCTS: { type: "integer", min: 1, max: 1_000_000, default: 2_000, doc: "Products generated at first start" },
  DATA_CUSTOMERS: {
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 10_000,
    doc: "Customers generated at first start",
  },
  DATA_ORDERS: { type: "integer", min: 0, max: 5_000_000, default: 50_000, doc: "Orders generated at first start" },
  DATA_SEED: {
    type: "integer",
    min: 0,
    max: 2 ** 31 - 1,
    default: 20_261,
    doc: "The same seed and sizes give the same data",
  },
  LOG_LEVEL: {
    type: "enum",
    values: ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    default: "info",
    doc: "Least serious entry that is logged, as JSON lines on standard output",
  },
  CORS_ORIGIN: {
    type: "string",
    default: "*",
    doc: "Origin whose pages may call the API from a browser; `*` for every one",
  },
  REPORT_TIMEOUT: { type: "duration", min: 100, default: 30_000, doc: "Longest time of a report; then 504" },
  SHUTDOWN_DELAY: {
    type: "duration",
    max: 60_000,
    default: 250,
    doc: "How long requests are still taken after SIGTERM, with `/health/ready` at 503, so that callers go elsewhere",
  },
  SHUTDOWN_TIMEOUT: {
    type: "duration",
    min: 1_000,
    default: 10_000,
    doc: "Longest time of a whole shutdown; what still runs then is cut off",
  },
  DEMO: {
    type: "enum",
    values: ["off", "on"],
    default: "off",
    doc: "`on` for trying it out, as `npm start` does: `POST /demo/leak` makes a leak, and the dashboard may act from this machine",
  },
};

const DEFAULT_DATA_DIR = fileURLToPath(new URL("../data", import.meta.url));

/** @throws PoolError `INVALID_OPTIONS` that names every variable that is wrong, and what it takes */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const where = "environment of the demo service";
  const given = Object.keys(environment).map((name) => [name, parse(env[name])] as const);
  const read = readOptions(environment, Object.fromEntries(given), where) as unknown as Environment; // as the table says
  if (read.SHUTDOWN_DELAY >= read.SHUTDOWN_TIMEOUT) {
    throw invalidOptions(where, [
      `SHUTDOWN_DELAY must be less than SHUTDOWN_TIMEOUT (${read.SHUTDOWN_TIMEOUT} ms), got ${read.SHUTDOWN_DELAY} ms`,
    ]);
  }
  return {
    host: read.HOST,
    port: read.PORT,
    database: databaseSource(
      { url: read.DATABASE_URL, config: read.DATABASE_CONFIG, dataDir: read.DATA_DIR ?? DEFAULT_DATA_DIR },
      env,
    ),
    data: {
      seed: read.DATA_SEED,
      products: read.DATA_PRODUCTS,
      customers: read.DATA_CUSTOMERS,
      orders: read.DATA_ORDERS,
    },
    logLevel: read.LOG_LEVEL,
    corsOrigin: read.CORS_ORIGIN,
    reportTimeout: read.REPORT_TIMEOUT,
    shutdownDelay: read.SHUTDOWN_DELAY,
    shutdownTimeout: read.SHUTDOWN_TIMEOUT,
    demo: read.DEMO === "on",
  };
}

/** An empty variable counts as not set; a number comes as a number. */
function parse(text: string | undefined): string | number | undefined {
  if (text === undefined || text === "") return undefined;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
