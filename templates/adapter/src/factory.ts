import type { ResourceFactory } from "@pool/core";
import { SampleConnection } from "./connection.js";
import type { Address } from "./options.js";

/** How connections to Sample are opened, validated, reset and closed. */
export function sampleFactory(address: Address): ResourceFactory<SampleConnection> {
  return {
    kind: "sample",
    create: ({ signal, lost }) => SampleConnection.open(address, signal, lost),
    validate: (connection) => connection.ask("PING"),
    reset: (connection) => connection.ask("USE", "default"),
    close: (connection) => connection.close(),
    status: ({ busy, space }) => ({ busy, clean: !busy && space === "default" }),
  };
}
