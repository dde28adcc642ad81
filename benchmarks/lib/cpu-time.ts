/**
 * CPU time of this process so far, in ms, its collector and compiler threads included. On a quiet machine a busy loop's CPU time is the
 * time that passes; on a busy one it leaves out what went to others.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}
