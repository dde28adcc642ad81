/** What the work of a `use` is told beside its resource. */
export interface UseContext {
  readonly signal: AbortSignal;
  /** Its own, or else that of its transaction or session. */
  readonly label: string | undefined;
}
