import { type IEvent } from "etcd3";
import { EtcdEntry } from "../kv/entry.js";
import { type Keyspace } from "../kv/keyspace.js";
import { type WatchEvent } from "./events.js";

/** What the server tells, as callers are told it. */
export function eventOf({ type, kv, prev_kv }: IEvent, keyspace: Keyspace): WatchEvent {
  const before = prev_kv as typeof prev_kv | null; // left out of the message where there was none
  const previous = before ? new EtcdEntry(before, keyspace) : undefined;
  const entry = new EtcdEntry(kv, keyspace);
  if (type.toLowerCase() === "put") return { type: "put", entry, previous };
  const { key, keyBytes, modRevision } = entry;
  return { type: "delete", key, keyBytes, revision: modRevision, previous };
}
