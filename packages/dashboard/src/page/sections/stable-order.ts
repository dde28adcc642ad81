import type { RefObject } from "preact";
import { useRef } from "preact/hooks";

const CALM = 5_000;
const pointers = matchMedia("(hover: hover)");

/**
 * Puts items into their order, but at most every five seconds, and never while somebody points at them or has the focus there: what one is about to
 * click does not move away. What is new comes last until then. A change of `key` puts them into order at once.
 */
export function useStableOrder<T>(
  list: RefObject<HTMLElement | null>,
  items: readonly T[],
  idOf: (item: T) => string,
  compare: (one: T, other: T) => number,
  key: string,
): readonly T[] {
  const { current: kept } = useRef({ ranks: new Map<string, number>(), at: -Infinity, key: "" });
  const now = performance.now();
  if (kept.key !== key || (now - kept.at >= CALM && !isInUse(list.current))) {
    kept.ranks = new Map(items.toSorted(compare).map((item, at) => [idOf(item), at]));
    kept.at = now;
    kept.key = key;
  }
  const rankOf = (item: T): number => kept.ranks.get(idOf(item)) ?? kept.ranks.size;
  return items.toSorted((one, other) => rankOf(one) - rankOf(other));
}

function isInUse(list: HTMLElement | null): boolean {
  if (!list) return false;
  return list.matches(":focus-within") || (pointers.matches && list.matches(":hover"));
}
