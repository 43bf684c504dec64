// Landlock, landlock(7): a thread gives up, for good, the right to open files outside of some folders. Threads that it
// starts later inherit this, and threads that it started before do not: each has to be restricted by itself. Descriptors
// that are open keep their rights. A rule belongs to a folder itself (its inode) and to all that is below it: another
// folder that takes its name later is outside.
import { closeSync, openSync, statSync } from "node:fs";
import { libc, O_CLOEXEC, O_PATH } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

/** These have the same numbers on every architecture, and libc has no functions for them. */
const SYS_LANDLOCK_CREATE_RULESET = 444;
const SYS_LANDLOCK_ADD_RULE = 445;
const SYS_LANDLOCK_RESTRICT_SELF = 446;
const LANDLOCK_CREATE_RULESET_VERSION = 1;
const LANDLOCK_RULE_PATH_BENEATH = 1;
const PR_SET_NO_NEW_PRIVS = 38;
/** struct landlock_path_beneath_attr, which is packed: the rights, then a descriptor. */
const RULE_BYTES = 12;

const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const REMOVE_DIR = 1n << 4n;
const REMOVE_FILE = 1n << 5n;
const MAKE_DIR = 1n << 7n;
const MAKE_REG = 1n << 8n;
const MAKE_SOCK = 1n << 9n;
const REFER = 1n << 13n;
const TRUNCATE = 1n << 14n;
/** All rights of version 1; versions 2 and 3 add one each. Later ones are about devices and sockets. */
const VERSION_1 = (1n << 13n) - 1n;
/** The rights that a file can have; the others belong to folders. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
/** Version 4: connections by TCP. */
const CONNECT_TCP = 1n << 1n;
const VERSION_OF_NETWORK = 4;

const READ = READ_FILE | READ_DIR;

/** What a rule allows below a folder. */
const RIGHTS: Readonly<Record<"read" | "write" | "sockets", bigint>> = {
  read: READ,
  write: READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR | REFER,
  /** Sockets come and go; no file is read or written. */
  sockets: READ_DIR | MAKE_SOCK | REMOVE_FILE,
};

export interface Restrictions {
  /** Folders and files, each with what is allowed there. Those that do not exist are left out. */
  readonly rules: readonly (readonly [path: string, rights: keyof typeof RIGHTS])[];
  /** Programs may be started, of files that may be read or not. */
  readonly mayExecute: boolean;
  /** Connections may be made by TCP. */
  readonly mayConnect: boolean;
}

/** @returns the version of Landlock in this kernel; 0 when it has none, or when it is switched off or forbidden */
export function landlockVersion(): number {
  try {
    return rareCall("syscall", SYS_LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
  } catch {
    return 0;
  }
}

/**
 * @returns a descriptor, by which any thread of this process can restrict itself
 * @throws the system's error
 */
export function createRuleset(version: number, { rules, mayExecute, mayConnect }: Restrictions): number {
  const files = handled(version) & ~(mayExecute ? EXECUTE : 0n);
  const hasNetwork = version >= VERSION_OF_NETWORK;
  const attributes = new Pinned(16);
  attributes.bytes.writeBigUInt64LE(files, 0);
  attributes.bytes.writeBigUInt64LE(mayConnect ? 0n : CONNECT_TCP, 8);
  const length = hasNetwork ? 16 : 8;
  const ruleset = rareCall("syscall", SYS_LANDLOCK_CREATE_RULESET, attributes.at(0, length), length, 0);
  try {
    for (const [path, rights] of rules) addRule(ruleset, path, RIGHTS[rights] & files);
  } catch (error) {
    libc.close(ruleset);
    throw error;
  }
  return ruleset;
}

/** Restricts this thread, for good. @throws the system's error */
export function restrictThread(ruleset: number): void {
  rareCall("prctl", PR_SET_NO_NEW_PRIVS, 1);
  rareCall("syscall", SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0);
}

function handled(version: number): bigint {
  return VERSION_1 | (version >= 2 ? REFER : 0n) | (version >= 3 ? TRUNCATE : 0n);
}

function addRule(ruleset: number, path: string, rights: bigint): void {
  const fd = openPlace(path);
  if (fd === undefined) return;
  const isFolder = statSync(path).isDirectory();
  const rule = new Pinned(RULE_BYTES);
  rule.bytes.writeBigUInt64LE(isFolder ? rights : rights & OF_FILES, 0);
  rule.bytes.writeInt32LE(fd, 8);
  try {
    rareCall("syscall", SYS_LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule.at(0, RULE_BYTES), 0);
  } finally {
    closeSync(fd);
  }
}

/** Undefined for what does not exist, or cannot be reached: then no thread can open it anyway. */
function openPlace(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | O_CLOEXEC);
  } catch {
    return undefined;
  }
}
