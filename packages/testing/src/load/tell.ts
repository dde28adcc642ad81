/** Figures for who reads the run's output. */
export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
