import { useEffect, useState } from "preact/hooks";

/** What the details show: in the address, so that going back closes them and a link opens them. */
export interface Route {
  readonly kind: "pool" | "holder" | "statement" | "leak" | "alert" | "connector";
  /** What tells it from the others of its kind. */
  readonly ids: readonly string[];
}

const KINDS: readonly string[] = [
  "pool",
  "holder",
  "statement",
  "leak",
  "alert",
  "connector",
] satisfies Route["kind"][];

export function open(kind: Route["kind"], ...ids: (string | number)[]): void {
  location.hash = [kind, ...ids.map((id) => encodeURIComponent(id))].join("/");
}

export function close(): void {
  // Without a jump to the top, which an empty hash would be.
  history.replaceState(null, "", location.pathname + location.search);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** What is open now. */
export function useRoute(): Route | undefined {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return parse(hash);
}

function parse(hash: string): Route | undefined {
  const [kind = "", ...ids] = hash.slice(1).split("/");
  if (!KINDS.includes(kind) || ids.length === 0) return undefined;
  try {
    return { kind: kind as Route["kind"], ids: ids.map(decodeURIComponent) }; // it is one of them
  } catch {
    return undefined; // somebody has typed it
  }
}
