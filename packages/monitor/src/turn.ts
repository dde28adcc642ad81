import type { Subject } from "./alerts/measures.js";
import type { Parts } from "./parts.js";
import { groupPools } from "./pools/census.js";
import { noteHolders, pointOf } from "./pools/observe.js";

// A name of which nothing is open and nothing has been heard for so long is forgotten.
const FORGET_AFTER = 3_600_000;

/** A second is over: everything that is done by the clock and not by an event. `moveOn`: a sixth of the window is over too. */
export function turn(parts: Parts, moveOn: boolean): void {
  const { books, recorder, keeper, clock, log, classifier, leaks, alerts, caches, locks, slow, traces, timeOfDay } =
    parts;
  const now = clock.now();
  const at = timeOfDay();
  traces.look();
  recorder.settle();
  keeper.at = at;
  const groups = groupPools();
  classifier.turn();
  log.turn();
  for (const name of groups.keys()) books.get(name);
  const subjects: Subject[] = [];
  for (const book of books.list()) {
    const group = groups.get(book.name);
    if (group !== undefined) {
      book.lends = true;
      book.kind = group.kind;
      book.series.push(pointOf(book, group, at));
      noteHolders(parts, book, group, now);
    }
    if (group !== undefined || book.acquired + book.statements > 0) book.usedAt = now;
    book.settle(now);
    if (group !== undefined || !book.lends) {
      subjects.push({ book, stats: group?.stats, openLeaks: leaks.openIn(book.name) });
    } else {
      leaks.forget(book.name, at);
      traces.keep(book.name, []);
      if (now - book.usedAt > FORGET_AFTER) books.drop(book);
    }
  }
  alerts.turn(subjects, now, at);
  for (const book of books.list()) book.turn(moveOn);
  caches.turn(moveOn);
  locks.turn(moveOn);
  slow.turn();
}
