import { type DialOptions } from "../connect/dial-options.js";

/** Options that may hold a password inside an address. */
const ADDRESSES = ["connectionString", "url"] as const;

/**
 * Takes addresses out of what `options` of a pool shows when it is logged, as pg does with the password, and puts what they say into fields of its
 * own. Who reads an address or the password by its name still finds it.
 */
export function hideAddresses(options: object, { hosts, user, database, password }: DialOptions): void {
  const hidden = ADDRESSES.filter((name) => Object.hasOwn(options, name));
  if (hidden.length === 0) return;
  const [at] = hosts;
  Object.assign(options, { host: at?.host, port: at?.port, user, database });
  for (const name of hidden) Object.defineProperty(options, name, { enumerable: false });
  const value = (options as { readonly password?: unknown }).password ?? password;
  Object.defineProperty(options, "password", { value, writable: true, configurable: true, enumerable: false });
}
