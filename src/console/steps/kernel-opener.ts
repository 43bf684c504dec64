// The opener of the kernel transport, which notes each path that the kernel is asked for.
import { constants } from "node:os";
import { createOpener } from "../../files/containment.ts";
import { openat2 } from "../../files/linux/below-root.ts";
import { createKernelOpener } from "../../files/linux/opener.ts";
import type { Opener } from "../../files/opener.ts";
import { AT_FDCWD, RESOLVE_BENEATH, RESOLVE_CACHED } from "../../linux/libc.ts";
import type { Pinned } from "../../linux/pinned.ts";
import type { CallLog } from "./wire.ts";

export function newTellingOpener(root: string, log: CallLog): Opener {
  const call = (dirFd: number, path: Pinned, how: Pinned): number => {
    const result = openat2(dirFd, path, how);
    const folder = dirFd === AT_FDCWD ? "AT_FDCWD" : dirFd;
    log.note(
      `openat2(${folder}, ${JSON.stringify(textOf(path))}, ${howInWords(how)})`,
      result < 0 ? failureName(-result) : result,
    );
    return result;
  };
  return createKernelOpener(root, createOpener(root), () => {}, call);
}

/** What the path must not do, and whether a disk may be asked: struct open_how, openat2(2). */
function howInWords({ bytes }: Pinned): string {
  const resolve = bytes.readUInt32LE(16);
  const names = Object.entries({ RESOLVE_BENEATH, RESOLVE_CACHED }).filter(([, bit]) => (resolve & bit) !== 0);
  return names.map(([name]) => name).join(" | ") || "O_PATH | O_DIRECTORY";
}

function textOf({ bytes }: Pinned): string {
  return bytes.toString("utf8", 0, bytes.indexOf(0));
}

/** "-1 ENOENT" */
export function failureName(number: number): string {
  const [name = `errno ${number}`] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return `-1 ${name}`;
}
