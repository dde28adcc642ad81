import { PoolError } from "../errors.js";

/** @throws PoolError `CONNECTOR_NOT_FOUND` */
export function notFound(name: string, known: readonly string[]): never {
  const list = known.length === 0 ? "there are none" : `known are ${known.map((item) => `"${item}"`).join(", ")}`;
  throw new PoolError("CONNECTOR_NOT_FOUND", `there is no connector "${name}"; ${list}`, { details: { name, known } });
}

export function registryClosed(wish: string): PoolError {
  return new PoolError("REGISTRY_CLOSED", `cannot ${wish}: the registry is closed`);
}

export function duplicateScope(id: string): PoolError {
  return new PoolError("DUPLICATE_SCOPE", `there is a scope "${id}" already`, { details: { scope: id } });
}

export function duplicateName(name: string, known: readonly string[]): PoolError {
  return new PoolError("DUPLICATE_CONNECTOR", `there is a connector "${name}" already`, { details: { name, known } });
}
