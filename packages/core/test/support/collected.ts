/** Waits until all of them have been garbage-collected, for a second at most. Tells how many have not. */
export async function leftAfterCollection(refs: readonly WeakRef<object>[]): Promise<number> {
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  for (let i = 0; i < 100 && left() > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc?.();
  }
  return left();
}
