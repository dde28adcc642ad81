/** Picks by name, and refuses names that are none. */
export function pick<T extends { readonly name: string }>(all: readonly T[], names: readonly string[]): readonly T[] {
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`no such name: ${name}; known are ${all.map((each) => each.name).join(", ")}`);
    return found;
  });
}
