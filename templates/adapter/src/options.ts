import {
  pickOptions,
  poolOptions,
  readOptions,
  supervisionOptions,
  type OptionTable,
  type PoolOptions,
  type SupervisionOptions,
} from "@pool/core";

export interface SampleOptions extends PoolOptions, SupervisionOptions {
  /** Where the server runs. @default "127.0.0.1" */
  host?: string;
  /** Its TCP port. @default 7070 */
  port?: number;
  /** Left out where the server asks for none. */
  password?: string;
}

/** {@link SampleOptions} with its defaults. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
}

/** What Sample asks for beside what every pool takes: checks it, fills in the defaults, and makes the table in the README. */
export const addressOptions: OptionTable<Address> = {
  host: { type: "string", default: "127.0.0.1", doc: "Where the server runs." },
  port: { type: "integer", min: 1, max: 65_535, default: 7070, doc: "Its TCP port." },
  password: { type: "string", secret: true, doc: "Left out where the server asks for none." },
};

const sampleOptions: OptionTable<SampleOptions> = { ...addressOptions, ...poolOptions, ...supervisionOptions };

/** @throws PoolError `INVALID_OPTIONS` that names every option that is wrong */
export function readSampleOptions(options: SampleOptions): {
  /** All of them: what the connector shows, and is supervised by. */
  readonly given: SampleOptions;
  readonly address: Address;
  readonly pool: PoolOptions;
} {
  const given: Record<string, unknown> = readOptions(sampleOptions, options, "sample");
  const { host, port, password } = given;
  // The table has checked every value, and given host and port their defaults.
  return { given, address: { host, port, password } as Address, pool: pickOptions(poolOptions, given) };
}
