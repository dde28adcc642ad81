import { invalidArgument, readCall, readFlag, readSignal, wrongArgument } from "@pool/core";
import { type Selection } from "../kv/keyspace.js";
import { readNumber } from "../kv/options.js";
import { type EtcdWatch, type WatchOptions } from "./events.js";
import { Watch } from "./watch.js";
import { WatchSource, type WatchSourceParts } from "./watch-source.js";

/** The watches of one client. */
export class Watches {
  readonly #open = new Set<Watch>();

  get size(): number {
    return this.#open.size;
  }

  /** @throws PoolError `INVALID_ARGUMENT` */
  watch(parts: WatchSourceParts, keys: Selection, given?: WatchOptions): EtcdWatch {
    const options = readCall("watch", given, ["fromRevision", "snapshot", "previous", "only", "signal"]);
    readNumber("watch: fromRevision", options.fromRevision);
    readFlag("watch: snapshot", options.snapshot);
    readFlag("watch: previous", options.previous);
    readSignal("watch: signal", options.signal);
    if (options.only !== undefined && !["put", "delete"].includes(options.only))
      throw wrongArgument("watch: only", '"put" or "delete"', options.only);
    if (options.snapshot === true && options.fromRevision !== undefined)
      throw invalidArgument("watch: a snapshot is of now, so that fromRevision is of no use beside it", "fromRevision");
    const watch = new Watch(new WatchSource(parts, keys, options, (ended) => this.#open.delete(ended)));
    this.#open.add(watch);
    return watch;
  }

  close(): void {
    for (const watch of this.#open) watch.close();
  }
}
