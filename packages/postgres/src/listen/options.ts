import { type OptionSpec } from "@pool/core";

/** The one option of listening that a connector takes: how often its connection is asked whether it is still there. */
export const listenKeepAlive: OptionSpec & { readonly type: "duration" } = {
  type: "duration",
  min: 1_000,
  never: true,
  default: 10_000,
  doc: "How often the connection that listens is asked whether it is still there.",
};
