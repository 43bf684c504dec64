// The hash by which a client names a file that it has as a dictionary (RFC 9842 §2.2). Each version of a file is hashed
// once in a thread, when a client names a dictionary for the first time.
import { readStart, statDescriptor } from "../../files/descriptors.ts";
import { isSameVersion } from "../../files/version.ts";
import type { FilePlan } from "./plan.ts";

const digests = new WeakMap<FilePlan, string | Promise<string | undefined>>();

/** Large files are read one after the other: whoever asks for all versions of a script does not fill the memory. */
let reading: Promise<unknown> = Promise.resolve();

/**
 * SHA-256 of the content, 64 hexadecimal digits in lower case; undefined where it cannot be read, or has changed. A large
 * file is read and hashed in other threads, and held open by the caller until then.
 */
export function digestOf(plan: FilePlan): string | Promise<string | undefined> {
  const known = digests.get(plan);
  if (known !== undefined) return known;
  const digest = Buffer.isBuffer(plan.source) ? sha256(plan.source) : digestInTurn(plan, plan.source.fd);
  digests.set(plan, digest);
  return digest;
}

function digestInTurn(plan: FilePlan, fd: number): Promise<string | undefined> {
  const digest = reading.then(() => digestOfFile(plan, fd));
  reading = digest;
  return digest;
}

function sha256(bytes: Buffer): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", bytes, "hex");
}

async function digestOfFile(plan: FilePlan, fd: number): Promise<string | undefined> {
  try {
    const bytes = await readStart(fd, plan.sizeBytes);
    const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    const isRight = bytes.length === plan.sizeBytes && isSameVersion(await statDescriptor(fd), plan.stat);
    const hex = isRight ? Buffer.from(digest).toString("hex") : undefined;
    // The next request need not wait.
    if (hex !== undefined) digests.set(plan, hex);
    else digests.delete(plan);
    return hex;
  } catch {
    digests.delete(plan);
    return undefined;
  }
}
