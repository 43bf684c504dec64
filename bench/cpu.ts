// What a server costs, as the kernel counts it: processor time and resident memory of its process and all
// processes below it, read from /proc. Linux only.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** User and system time of all threads of all these processes since they started, in seconds; of those that ended, none. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
}

/** Resident memory in bytes. Pages that two processes share are counted for both. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "0";
    return sum + Number(kibibytes) * 1024;
  }, 0);
}

/** How often a thread of these processes has waited for something since it started: each time ends with a wake-up. */
export function wakeUpCount(pids: readonly number[]): number {
  let count = 0;
  for (const pid of pids) {
    if (!existsSync(`/proc/${pid}/task`)) continue;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const status = read(`/proc/${pid}/task/${task}/status`);
      count += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    }
  }
  return count;
}

/** Bytes that these processes had read from the disk since they started, as opposed to the page cache. */
export function diskBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^read_bytes: (\d+)/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0), 0);
}

export function openDescriptorCount(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + (existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`).length : 0),
    0,
  );
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
  if (!existsSync(`/proc/${pid}/task`)) return 0;
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0]);
  }
  return nanoseconds / 1e9;
}

function parentOf(pid: string): number {
  // The name in brackets may hold anything, brackets included.
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** Empty when the process or the thread ended while we looked. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
