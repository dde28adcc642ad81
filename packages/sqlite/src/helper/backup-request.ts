/** What a helper that only copies is asked for. */
export interface BackupRequest {
  readonly op: "backup";
  readonly id: number;
  readonly target: string;
  /** An older copy with logs beside it, for which `target` is meant: these are brought into it first. */
  readonly replaces: string | undefined;
  readonly pagesPerStep: number;
}
