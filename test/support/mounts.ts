// File systems that exist for one test. This works in a mount namespace of the test's own: see test/mounts.test.ts.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { makeSite } from "./site.ts";

export type Files = Readonly<Record<string, string | Buffer>>;

/** Where files stand as they are served, and where the layer is that has them. */
export interface Mounted {
  readonly root: string;
  readonly layer: string;
}

const cleaners: (() => unknown)[] = [];
after(() => {
  for (const clean of cleaners) clean();
});

/** A root as that of a container: the files are in an image's layer, with a layer above it that is written to. */
export function mountOverlay(files: Files): Mounted {
  const layer = (folder: string): string => {
    mkdirSync(join(folder, "lower"));
    writeFiles(join(folder, "lower"), files);
    return join(folder, "lower");
  };
  return mountLayer(layer);
}

/** @param layerOf gives the folder of the layer; what it is given is a folder for the test */
export function mountLayer(layerOf: (folder: string) => string): Mounted {
  const folder = makeMountPoint();
  const layer = layerOf(folder);
  for (const name of ["upper", "work"]) mkdirSync(join(folder, name));
  const root = join(folder, "root");
  const options = `lowerdir=${layer},upperdir=${join(folder, "upper")},workdir=${join(folder, "work")}`;
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, root]);
  return { root, layer };
}

export function mountMemory(files: Files): Mounted {
  const root = join(makeMountPoint(), "root");
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", root]);
  writeFiles(root, files);
  return { root, layer: root };
}

/**
 * A folder with a folder "root" to mount at. All of them are unmounted in the end: the number of a device that is free
 * goes to the next file system, and what is known of a file system is known by that number.
 */
function makeMountPoint(): string {
  const folder = makeSite({
    after: (remove) =>
      cleaners.push(() => spawnSync("umount", ["--lazy", join(folder, "root")]), remove as () => unknown),
  });
  mkdirSync(join(folder, "root"));
  return folder;
}

/** Drops a file from the page cache: posix_fadvise(POSIX_FADV_DONTNEED), as coreutils offers it. */
export function dropFromCache(path: string): void {
  execFileSync("dd", [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], { stdio: "ignore" });
}

function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { flush: true });
  }
}
