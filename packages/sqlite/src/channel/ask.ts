import { type Request } from "../helper/protocol.js";

type WithoutId<R> = R extends unknown ? Omit<R, "id"> : never;

/** A request that has no number yet. */
export type Ask = WithoutId<Request>;
