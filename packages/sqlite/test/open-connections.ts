import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** How many times this process and its children have `file` open, as Linux tells. */
export function connectionsTo(file: string): number {
  return [process.pid, ...childrenOf(process.pid)].reduce((sum, pid) => sum + openingsOf(pid, file), 0);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${String(pid)}/task`).flatMap((thread) =>
    (read(`/proc/${String(pid)}/task/${thread}/children`).match(/\d+/g) ?? []).map(Number),
  );
}

function openingsOf(pid: number, file: string): number {
  const folder = `/proc/${String(pid)}/fd`;
  return list(folder).filter((fd) => targetOf(`${folder}/${fd}`) === file).length;
}

// What ends while it is looked at has nothing open.
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
