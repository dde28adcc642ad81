import { Exchange } from "./exchange.js";
import { type PgSubmittable, type PgWire } from "./pg-internals.js";

/** An exchange that does nothing about the messages it has no use for. */
export abstract class SilentExchange<T> extends Exchange<T> implements PgSubmittable {
  handleRowDescription(_message: Parameters<PgSubmittable["handleRowDescription"]>[0]): void {}
  handleDataRow(_message: Parameters<PgSubmittable["handleDataRow"]>[0]): void {}
  handleCommandComplete(_message: Parameters<PgSubmittable["handleCommandComplete"]>[0], _wire: PgWire): void {}
  handlePortalSuspended(_wire: PgWire): void {}
  handleEmptyQuery(_wire: PgWire): void {}
  handleCopyInResponse(_wire: PgWire): void {}
  handleCopyData(_message: Parameters<PgSubmittable["handleCopyData"]>[0], _wire: PgWire): void {}
  abstract handleReadyForQuery(wire: PgWire): void;
}
