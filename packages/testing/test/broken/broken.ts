import { defineConnector, type ConnectorSpec, type ResourceFactory, type SqlClient, type SqlDriver } from "@pool/core";
import { specOf, type Parts } from "../backend/loopback.js";
import type { Change, LoopbackConnector } from "../backend/under-test.js";
import type { Wire } from "../backend/wire.js";

/** An adapter that is wrong in one respect. */
export interface Broken extends Change {
  /** What it does wrong. */
  readonly fault: string;
  /** The promises that it breaks; it keeps all others. */
  readonly breaks: readonly string[];
  /** Those that it breaks when the moment is right. */
  readonly mayBreak?: readonly string[];
}

type Factory = ResourceFactory<Wire>;
type Client = SqlClient<Wire>;
type Spec = ConnectorSpec<Client>;

/** Differs in its factory. */
export function factoryWith(change: (good: Factory, parts: Parts) => Partial<Factory>): Change {
  return { parts: (good) => ({ ...good, factory: { ...good.factory, ...change(good.factory, good) } }) };
}

/** Lacks a part of its factory. */
export function factoryWithout(...names: readonly ("validate" | "reset" | "status")[]): Change {
  const without = (good: Factory): Factory =>
    Object.fromEntries(
      Object.entries(good).filter(([name]) => !names.some((gone) => gone === name)),
    ) as unknown as Factory;
  return { parts: (good) => ({ ...good, factory: without(good.factory) }) };
}

/** Differs in its driver. */
export function driverWith(change: (good: SqlDriver<Wire>) => Partial<SqlDriver<Wire>>): Change {
  return { parts: (good) => ({ ...good, driver: { ...good.driver, ...change(good.driver) } }) };
}

/** Differs in what its connector does. */
export function specWith(change: (good: Spec, parts: Parts) => Partial<Spec>): Change {
  return {
    connector(parts) {
      const good = specOf(parts);
      return defineConnector({ ...good, ...change(good, parts) });
    },
  };
}

/** Differs in its SQL client. */
export function clientWith(change: (good: Client, parts: Parts) => Partial<Client>): Change {
  return specWith((good, parts) => ({
    async open(context) {
      const client = await good.open(context);
      return { ...client, ...change(client, parts) };
    },
  }));
}

/** A connector written by hand around a good one. */
export function connectorWith(change: (good: LoopbackConnector, parts: Parts) => Partial<LoopbackConnector>): Change {
  return {
    connector(parts) {
      const good = defineConnector(specOf(parts));
      const changed = change(good, parts);
      const connector: LoopbackConnector = new Proxy(good, {
        get(_target, name) {
          if (name in changed) return Reflect.get(changed, name, changed) as unknown;
          const value: unknown = Reflect.get(good, name, good);
          if (typeof value !== "function") return value;
          if (name === "classify") return (error: unknown): unknown => Reflect.apply(value, good, [error]) as unknown;
          return async (...input: unknown[]): Promise<unknown> => {
            const result: unknown = await Reflect.apply(value, good, input);
            return result === good ? connector : result;
          };
        },
      });
      return connector;
    },
  };
}
