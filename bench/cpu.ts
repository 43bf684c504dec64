// What a server costs, as the kernel counts it: processor time and resident memory of its process and all
// processes below it, read from /proc. Linux only.
import { readdirSync, readFileSync } from "node:fs";

/** User and system time of all threads of all these processes since they started, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
}

/** Resident memory in bytes. Pages that two processes share are counted for both. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
    return sum + Number(kibibytes) * 1024;
  }, 0);
}

/** The process and everything that it started and that is still below it. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

/** schedstat counts nanoseconds, where stat counts hundredths of a second. */
function processSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
  }
  return nanoseconds / 1e9;
}

function parentOf(pid: string): number {
  try {
    // The name in brackets may hold anything, brackets included.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0; // it ended while we looked
  }
}
