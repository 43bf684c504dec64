// How many connections the descriptors of the process allow (RLIMIT_NOFILE; Node raises the soft limit to the hard one).
// A server without a free descriptor can open no file, start no thread, and node:net spins in accept(2). So connections
// get what is left when threads and files have their share.
import { readdirSync, readFileSync } from "node:fs";

export interface Descriptors {
  /** How many the process may have. Infinity where there is no limit. */
  readonly limitCount: number;
  /** How many it has. */
  readonly usedCount: number;
}

/** What the descriptors allow, for the whole process. */
export interface DescriptorBudget {
  readonly connectionCount: number;
  /** Files that are kept open. */
  readonly openFileCount: number;
}

/** An event loop of Node has five descriptors, and the kernel transport adds two: measured on Linux. */
const THREAD_COUNT = 8;
/**
 * A quarter of the rest is for files: those that are kept open, those that are being sent, and those that are read once;
 * and for the threads of single jobs. More than 256 are of no use: half of them hold the usual cache.
 */
const FILE_SHARE = 4;
const FILES = { least: 16, most: 256 };
/** Where nothing tells what is used: Node itself, and a program around us. */
const USED_GUESS_COUNT = 64;

/** @param threadCount all threads that may serve at once */
export function budgetOf({ limitCount, usedCount }: Descriptors, threadCount: number): DescriptorBudget {
  const freeCount = limitCount - usedCount - THREAD_COUNT * threadCount;
  const fileCount = Math.min(Math.max(Math.floor(freeCount / FILE_SHARE), FILES.least), FILES.most);
  return {
    connectionCount: Math.max(freeCount - fileCount, threadCount),
    openFileCount: Math.floor(fileCount / 2),
  };
}

/** How many threads that serve one connection each the descriptors allow. */
export function threadsOf(descriptors: Descriptors): number {
  return Math.max(1, Math.floor(budgetOf(descriptors, 0).connectionCount / (THREAD_COUNT + 1)));
}

export function readDescriptors(): Descriptors {
  if (process.platform === "win32") return { limitCount: Number.POSITIVE_INFINITY, usedCount: 0 };
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits)!;
    return { limitCount: countOf(soft!), usedCount: readdirSync("/proc/self/fd").length };
  } catch {
    return { limitCount: reportedLimit(), usedCount: USED_GUESS_COUNT };
  }
}

/** Where there is no /proc: macOS and the BSDs. It takes some ms. */
function reportedLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  return countOf(userLimits?.open_files?.soft ?? "unlimited");
}

function countOf(limit: number | string): number {
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}
