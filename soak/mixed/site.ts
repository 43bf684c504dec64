// The site of the mixed soak. Every file says what it is in its first line, and the rest follows from that line: so a client
// can check each byte that it gets, also of a file that is changed meanwhile.
import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Names and sizes of the files that stay as they are. More than the cache of the servers holds, all together. */
export const STABLE: ReadonlyMap<string, number> = new Map([
  ["index.html", 300],
  ["style.css", 24_000],
  ["page.txt", 70_000],
  ["photo.bin", 300_000],
  ...Array.from({ length: 400 }, (_, index): [string, number] => [`cold/${index}.bin`, 30_000]),
]);
export const LARGE = "large.bin";
export const LARGE_BYTES: number = 6 * 1024 * 1024;
/** Replaced by a rename, again and again. */
export const CHANGING = "changing.txt";
/** In a folder that a link leads to, which is swapped. */
export const RELEASED = "current/release.txt";
const CHANGING_BYTES = 5000;

const hashes = new Map<string, string>();

/** The whole content. The first line names file and version. */
export function contentOf(name: string, version: number, size: number): Buffer {
  const line = `${name} ${version} ${size}\n`;
  // Text that can be compressed, and that is different in each place.
  let [text, state] = [line, createHash("sha256").update(line).digest().readUInt32LE()];
  const parts: string[] = [];
  for (let length = text.length; length < size; length += 16) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    parts.push(state.toString(36).padEnd(16, "."));
  }
  text += parts.join("");
  return Buffer.from(text.slice(0, size), "latin1");
}

/** The version that this content has; an error where a byte is not as it should be. */
export function versionOf(name: string, content: Buffer): number {
  const [, found = "", version = "", size = ""] = /^(\S+) (\d+) (\d+)\n/.exec(content.toString("latin1", 0, 80)) ?? [];
  if (found !== name) throw new Error(`asked for ${name} and got ${JSON.stringify(content.toString("latin1", 0, 80))}`);
  const key = `${name} ${version} ${size}`;
  const wanted = hashes.get(key) ?? hashOf(contentOf(name, Number(version), Number(size)));
  if (hashes.size > 1000) hashes.clear();
  hashes.set(key, wanted);
  if (hashOf(content) !== wanted) throw new Error(`${content.length} bytes of ${key} are not the right ones`);
  return Number(version);
}

function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("base64");
}

export class Site {
  readonly root: string;
  /** When each version became the current one, by performance.now(). */
  readonly #since: Readonly<Record<string, number[]>> = { [CHANGING]: [], [RELEASED]: [] };

  constructor(root: string) {
    this.root = root;
    for (const [name, size] of STABLE) this.#write(name, contentOf(name, 0, size));
    this.#write(LARGE, contentOf(LARGE, 0, LARGE_BYTES));
    this.change();
    this.release();
  }

  /** Another version of a file, by a rename. */
  change(): void {
    const version = this.#since[CHANGING]!.length;
    this.#write("next.tmp", contentOf(CHANGING, version, CHANGING_BYTES));
    renameSync(join(this.root, "next.tmp"), join(this.root, CHANGING));
    this.#since[CHANGING]!.push(performance.now());
  }

  /** Another release, by a link that is swapped. The release before the last one is removed. */
  release(): void {
    const version = this.#since[RELEASED]!.length;
    this.#write(`release-${version}/release.txt`, contentOf(RELEASED, version, CHANGING_BYTES));
    symlinkSync(`release-${version}`, join(this.root, "current.tmp"));
    renameSync(join(this.root, "current.tmp"), join(this.root, "current"));
    this.#since[RELEASED]!.push(performance.now());
    rmSync(join(this.root, `release-${version - 2}`), { recursive: true, force: true });
  }

  /** The oldest version that may be an answer to a request of this time. */
  oldestAt(name: string, timeMs: number): number {
    const since = this.#since[name];
    return since === undefined
      ? 0
      : Math.max(
          0,
          since.findLastIndex((began) => began <= timeMs),
        );
  }

  #write(name: string, content: Buffer): void {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
