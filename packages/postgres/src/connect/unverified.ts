import { describeHost, isLoopback, isSocketFolder } from "./address.js";
import { type DialOptions } from "./dial-options.js";

const told = new Set<string>();
const MOST_TOLD = 1_000;

/** Says once in this process for each host that its connections are not protected: that was asked for, and should be seen. */
export function warnOfUnverified({ hosts, tls }: Pick<DialOptions, "hosts" | "tls">): void {
  const { mode, files } = tls;
  if (mode === undefined || mode === "verify-ca" || mode === "verify-full") return;
  if (mode === "require" && files.ca !== undefined) return;
  for (const at of hosts) {
    if (isSocketFolder(at.host) || isLoopback(at.host)) continue;
    const what = mode === "require" ? "encrypted, but to a server whose certificate is not verified" : MODES[mode];
    const message = `connections to ${describeHost(at)} are ${what} (sslmode ${JSON.stringify(mode)})`;
    if (told.has(message)) continue;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(message);
    process.emitWarning(message, { type: "SecurityWarning", code: "POOL_TLS_UNVERIFIED" });
  }
}

const MODES = {
  disable: "not encrypted",
  allow: "only encrypted when the server insists",
  prefer: "only encrypted when the server offers it, and to a server whose certificate is not verified",
} as const;
