import { readFunction, readName, readObject, readTimeout } from "../arguments.js";
import { checkName } from "./naming.js";

/** @throws PoolError `INVALID_ARGUMENT` that names what a connector cannot be made of */
export function checkSpec(spec: unknown): void {
  const given = readObject("defineConnector: spec", spec) as Readonly<Record<string, unknown>>;
  const { kind, name, options, secretNames, key } = given;
  readName("defineConnector: kind", kind);
  if (name !== undefined) checkName("connector", name);
  readObject("defineConnector: options", options);
  if (secretNames !== undefined)
    readFunction("defineConnector: secretNames.has", Reflect.get(Object(secretNames) as object, "has"));
  readName("defineConnector: key", key);
  for (const method of ["open", "close", "check"]) readFunction(`defineConnector: ${method}`, given[method]);
  for (const method of ["reconnect", "connections", "gauges", "classify"])
    if (given[method] !== undefined) readFunction(`defineConnector: ${method}`, given[method]);
  for (const limit of ["connectTimeout", "drainTimeout", "closeTimeout"])
    readTimeout(`defineConnector: ${limit}`, given[limit]);
}
