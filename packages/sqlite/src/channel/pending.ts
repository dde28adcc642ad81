import { type PoolError } from "@pool/core";
import { type Reply } from "../helper/protocol.js";

/** Who waits for the reply to one request. */
export interface Pending {
  settle(reply: Reply): void;
  lost(error: PoolError): void;
}
