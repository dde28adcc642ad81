import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { unlessAborted } from "@pool/core";
import { isSocketFolder } from "./address.js";

/** Every address of a host, asked anew for each connect so that DNS that changes is followed; none for a Unix socket. */
export async function resolveHost(host: string, signal: AbortSignal): Promise<readonly string[]> {
  if (isSocketFolder(host)) return [];
  if (isIP(host) !== 0) return [host];
  const found = await unlessAborted(signal, () => lookup(host, { all: true, order: "verbatim" }));
  return [...new Set(found.map(({ address }) => address))];
}
