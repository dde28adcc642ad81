import { type Request } from "../helper/protocol.js";

/** A request, once it has a number. */
export type Ask = (id: number) => Request;
