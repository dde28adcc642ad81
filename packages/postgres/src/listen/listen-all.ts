import { commands } from "./channel.js";
import { type Line } from "./line.js";
import { type Subscribers } from "./subscribers.js";

/** Makes a fresh connection listen to every channel, those that are added meanwhile among them. */
export async function listenToAll(line: Line, subscribers: Subscribers): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    const missing = subscribers.channelsBeside(told);
    if (missing.length === 0) return;
    await line.run(commands("LISTEN", missing));
    for (const channel of missing) told.add(channel);
  }
}
