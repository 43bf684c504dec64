// One process at a time: a file that exists while somebody works. The holder renews its time, and a lock whose holder has
// died is taken over.
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";

const RENEWAL_MS = 10_000;
/** A holder that was silent for this long has died, or its machine has. */
const STALE_MS = 60_000;

interface Holder {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** Locks of this process: after a restart in a container, another process may have had the same number. */
const held = new Set<string>();

/** @returns releases the lock; undefined when another process, or another server of this one, holds it */
export async function takeLock(path: string): Promise<(() => Promise<void>) | undefined> {
  // Not read from the file: whoever looks for stale locks moves it aside for a moment.
  const id = (await create(path)) ?? ((await removeStale(path)) ? await create(path) : undefined);
  if (id === undefined) return undefined;
  const renewal = setInterval(() => void renew(path), RENEWAL_MS).unref();
  return async () => {
    clearInterval(renewal);
    held.delete(id);
    // Somebody may have taken it over, while this machine slept.
    if ((await holderOf(path))?.id === id) await rm(path, { force: true });
  };
}

/** @returns the id of the holder; undefined where somebody has the lock */
async function create(path: string): Promise<string | undefined> {
  const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid };
  const draft = `${path}.${holder.id}`;
  const file = await open(draft, "wx", 0o600);
  await file.writeFile(JSON.stringify(holder));
  await file.close();
  try {
    // A lock is complete from the beginning: others read who holds it.
    await link(draft, path);
    held.add(holder.id);
    return holder.id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** @returns whether there was a lock without a living holder */
async function removeStale(path: string): Promise<boolean> {
  const holder = await holderOf(path);
  if (holder !== undefined && !(await isStale(path, holder))) return false;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    // Between the two looks, another process may have done the same and have taken the lock.
    const moved = await holderOf(aside);
    if (moved?.id !== holder?.id) await link(aside, path);
    return moved?.id === holder?.id;
  } catch {
    return false;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isStale(path: string, { id, host, pid }: Holder): Promise<boolean> {
  if (host === hostname() && !isAlive(pid, id)) return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

function isAlive(pid: number, id: string): boolean {
  if (pid === process.pid) return held.has(id);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}
