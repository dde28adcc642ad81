/** Ids in an order that a cache cannot foresee, and the same for everybody. */
export function idAt(index: number, items: number): number {
  return ((index * 7919) % items) + 1;
}
