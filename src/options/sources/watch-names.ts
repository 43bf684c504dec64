// Hears of changes of paths by inotify, so that an idle server asks the file system nothing. inotify watches a folder and
// not a path, so every folder is watched in which a path may be led elsewhere: the one that has the file, the one that has
// that folder, and each one that has a link on the way (`current` of a deployment, `..data` of Kubernetes).
//
// What cannot be heard is left to the caller, who asks again and again: network file systems report no change by another
// machine, other systems than Linux have other watchers, and the number of watches is bounded.
import { type FSWatcher, lstatSync, readlinkSync, statfsSync, statSync, watch } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";

/** File systems whose every change is made by this machine, by the magic numbers of statfs(2). */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs, of containers
]);
/** A quarter of what the smallest machines allow a user (8,192, inotify(7)). */
const FOLDER_LIMIT_COUNT = 2048;
/** More events than that between two calls of `calm` cost more than asking twice a second: a log that grows, an upload. */
const EVENT_LIMIT_COUNT = 2000;
/** As many as Linux follows: path_resolution(7). */
const LINK_LIMIT_COUNT = 40;

interface Folder {
  /** Of the folder that is watched, which another may replace. */
  readonly identity: string;
  /** Undefined when too much happened in the folder. */
  watcher: FSWatcher | undefined;
  eventCount: number;
  /** The paths that lead through a name in the folder. */
  readonly paths: Map<string, Set<string>>;
}

type Place = readonly [folder: string, name: string];

/** What stands at a path on the way: the target of a link, something else, or nothing. */
type Step = { readonly target: string } | "other" | "nothing";

/** What one call of `follow` knows by now: many paths have the beginning in common. */
interface Known {
  readonly steps: Map<string, Step>;
  readonly identities: Map<string, string>;
}

export class NameWatcher {
  readonly #onEvent: (path: string) => void;
  readonly #folders = new Map<string, Folder>();
  readonly #places = new Map<string, readonly Place[]>();

  /** @param onEvent told of a path that may lead to another file or content now */
  constructor(onEvent: (path: string) => void) {
    this.#onEvent = onEvent;
  }

  /**
   * Listens to paths as they lead now. To be called again after an event, which may have led them elsewhere.
   * @returns the paths whose changes will be heard
   */
  follow(paths: readonly string[]): ReadonlySet<string> {
    if (process.platform !== "linux") return new Set();
    const known: Known = { steps: new Map(), identities: new Map() };
    return new Set(paths.filter((path) => this.#follow(path, known)));
  }

  /** Begins to count the events anew. */
  calm(): void {
    for (const folder of this.#folders.values()) folder.eventCount = 0;
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher?.close();
    this.#folders.clear();
  }

  #follow(path: string, known: Known): boolean {
    try {
      const former = this.#places.get(path) ?? [];
      const places = placesOf(path, known);
      const isHeard = places.every((place) => this.#listen(place, path, known));
      this.#places.set(path, places);
      for (const place of former) if (!places.some((one) => isSame(one, place))) this.#leave(place, path);
      return isHeard;
    } catch {
      return false; // A folder that may not be read, or is gone in this moment.
    }
  }

  #listen([name, entry]: Place, path: string, known: Known): boolean {
    const identity = known.identities.get(name) ?? identityOf(name);
    known.identities.set(name, identity);
    let folder = this.#folders.get(name);
    // Another folder has the name now, and a watch stays with the old one.
    if (folder !== undefined && folder.identity !== identity) this.#drop(name, folder);
    folder = this.#folders.get(name);
    if (folder === undefined) {
      if (this.#folders.size >= FOLDER_LIMIT_COUNT || !LOCAL.has(statfsSync(name).type)) return false;
      folder = this.#watch(name, identity);
    }
    const paths = folder.paths.get(entry);
    if (paths === undefined) folder.paths.set(entry, new Set([path]));
    else paths.add(path);
    return folder.watcher !== undefined;
  }

  #watch(name: string, identity: string): Folder {
    const watcher = watch(name, { persistent: false });
    const folder: Folder = { identity, watcher, eventCount: 0, paths: new Map() };
    // An event of the folder itself, which is moved or removed, has its own name.
    const own = basename(name);
    watcher.on("change", (_, entry) => {
      if (++folder.eventCount > EVENT_LIMIT_COUNT) this.#stopListening(folder);
      else if (entry === null || entry === own) this.#drop(name, folder);
      else for (const path of folder.paths.get(entry.toString()) ?? []) this.#onEvent(path);
    });
    watcher.on("error", () => this.#stopListening(folder));
    this.#folders.set(name, folder);
    return folder;
  }

  #stopListening(folder: Folder): void {
    folder.watcher?.close();
    folder.watcher = undefined;
    this.#tellAll(folder);
  }

  #drop(name: string, folder: Folder): void {
    folder.watcher?.close();
    if (this.#folders.get(name) === folder) this.#folders.delete(name);
    this.#tellAll(folder);
  }

  #tellAll({ paths }: Folder): void {
    for (const path of [...paths.values()].flatMap((some) => [...some])) this.#onEvent(path);
  }

  #leave([name, entry]: Place, path: string): void {
    const folder = this.#folders.get(name);
    const paths = folder?.paths.get(entry);
    paths?.delete(path);
    if (paths?.size === 0) folder?.paths.delete(entry);
    if (folder?.paths.size !== 0) return;
    folder.watcher?.close();
    this.#folders.delete(name);
  }
}

function isSame(one: Place, other: Place): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** Where a path may be led elsewhere: by its last two names, and by the links on its way. */
function placesOf(path: string, known: Known): Place[] {
  const places: Place[] = [];
  let folder = "/";
  let linkCount = 0;
  const rest = namesOf(path);
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") folder = dirname(folder);
    if (name === ".." || name === ".") continue;
    const full = join(folder, name);
    const step = known.steps.get(full) ?? stepAt(full);
    if (rest.length > 0) known.steps.set(full, step);
    if (step !== "other" || rest.length <= 1) places.push([folder, name]);
    if (step === "nothing") return places;
    if (step === "other") {
      folder = full;
      continue;
    }
    if (++linkCount > LINK_LIMIT_COUNT) return places;
    rest.unshift(...namesOf(step.target));
    if (isAbsolute(step.target)) folder = "/";
  }
  return places;
}

function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `${dev} ${ino}`;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function stepAt(path: string): Step {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "nothing";
  return found.isSymbolicLink() ? { target: readlinkSync(path) } : "other";
}
