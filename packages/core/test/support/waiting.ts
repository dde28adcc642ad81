import type { Line } from "../../src/pool/line.js";
import type { Piece } from "../../src/pool/piece.js";
import type { WaitQueue } from "../../src/pool/wait-queue.js";

/** Where somebody stands. */
export interface Place {
  readonly piece: Piece<string>;
  readonly at: number;
}

/** The place that was taken last in this array. */
export function lastOf(piece: Piece<string>): Place {
  return { piece, at: piece.end - 1 };
}

/** Takes out whoever stands first. Tells where it stood, and since when. */
export function takeFirst(
  queue: Line<string> | WaitQueue<string>,
): { readonly place: Place; readonly since: number } | undefined {
  const piece = queue.front;
  if (piece === undefined) return undefined;
  const place = { piece, at: piece.first };
  const since = piece.since(piece.first);
  queue.remove(place.piece, place.at);
  return { place, since };
}
