// An open file -> the content of a plan: small files become bytes, with the stat that belongs to them; larger ones stay
// open, to be sent by their descriptor.
import { closeDescriptor, closeSpareDescriptor, readStart, statDescriptor } from "../../files/descriptors.ts";
import type { FileStat, Opened, Opener } from "../../files/opener.ts";
import { SharedFile } from "../../files/shared-file.ts";
import { isSameVersion } from "../../files/version.ts";
import { settled, type Task } from "../task.ts";
import type { Source } from "./plan.ts";

/** Reads of a file that changes while it is read; then it is taken as it was found. */
const READ_LIMIT_COUNT = 3;

export type OpenedFile = Pick<Extract<Opened, { kind: "file" }>, "fd" | "stat" | "bytes">;

/** Takes the descriptor over. @param limitBytes files up to this size become bytes; -1 for none */
export function* readSource(opener: Opener, file: OpenedFile, limitBytes: number): Task<Source> {
  const { fd, stat, bytes } = file;
  if (bytes !== undefined) return { source: bytes, stat };
  try {
    const found = yield* readSmall(opener, file, limitBytes);
    if (found.bytes === undefined) return { source: new SharedFile(fd), stat: found.stat };
    closeSpareDescriptor(fd);
    return { source: found.bytes, stat: found.stat };
  } catch (cause) {
    closeDescriptor(fd);
    throw cause;
  }
}

/**
 * The bytes of a small file with the stat that they belong to. A file that is written to all the time, as a log is, is
 * taken as it was found in the end: its tag is of these very bytes, and its stat differs at the next check.
 */
function* readSmall(
  opener: Opener,
  opened: OpenedFile,
  limitBytes: number,
): Task<{ stat: FileStat; bytes: Buffer | undefined }> {
  const { fd } = opened;
  let { stat } = opened;
  for (let attempt = 1; stat.sizeBytes <= limitBytes; attempt++) {
    const read = opener.readAtOnce?.(fd, stat.sizeBytes) ?? (yield* settled(readInTime(fd, stat.sizeBytes)));
    if (isSameVersion(stat, read.stat) || attempt === READ_LIMIT_COUNT) return { stat, bytes: read.bytes };
    stat = read.stat;
  }
  return { stat, bytes: undefined };
}

async function readInTime(fd: number, sizeBytes: number): Promise<{ bytes: Buffer; stat: FileStat }> {
  const bytes = await readStart(fd, sizeBytes);
  return { bytes, stat: await statDescriptor(fd) };
}
