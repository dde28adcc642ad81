import type { ResourceFactory } from "./factory.js";

/** The parts of a factory as they can be spread: one may be a class instance, whose methods do not survive that. */
export function bound<R>(factory: Omit<ResourceFactory<R>, "create">): Omit<ResourceFactory<R>, "create"> {
  return {
    kind: factory.kind,
    close: (resource, how) => factory.close(resource, how),
    ...(factory.validateAlways !== undefined && { validateAlways: factory.validateAlways }),
    ...(factory.validate && { validate: factory.validate.bind(factory) }),
    ...(factory.reset && { reset: factory.reset.bind(factory) }),
    ...(factory.status && { status: factory.status.bind(factory) }),
    ...(factory.isFatal && { isFatal: factory.isFatal.bind(factory) }),
  };
}
