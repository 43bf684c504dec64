// Which folders have to stay readable so that a path keeps working when a deployment replaces what it leads to. A rule of
// Landlock belongs to a folder and not to its name, so the folder of a site alone would not do: builds remove and make it
// again, releases are swapped by a rename or a link. The folders around it are covered instead.
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** As many as the kernel follows: path_resolution(7). */
const LINK_LIMIT_COUNT = 40;

/** Every name that leads to a path, and the folders in which another link or another target may come. */
interface Trail {
  /** The path as it is written, and as it is after each link in it. The last one has no link. */
  readonly paths: readonly string[];
  readonly besideLinks: readonly string[];
}

/**
 * For a folder of a site: up to two folders above it, by each of its names, and the folders of the links in it. So
 * `/var/www/site/public` may be replaced, and `site` as well.
 */
export function aroundFolder(path: string): string[] {
  const { paths, besideLinks } = trailOf(path);
  // Whoever serves "/" wants all of it.
  if (paths.includes("/")) return ["/"];
  return withoutTop([...paths.map(above), ...besideLinks]);
}

/**
 * For a file, such as a certificate: its folder, by each of its names, and the folders of the links in it. A file at the top
 * of the file system stands alone.
 */
export function aroundFile(path: string): string[] {
  const { paths, besideLinks } = trailOf(path);
  return withoutTop([...paths.map((one) => (dirname(one) === "/" ? one : dirname(one))), ...besideLinks]);
}

/** A folder at the top of the file system is not replaced by a rename, and "/" would allow everything. */
function above(path: string): string {
  const names = path.split("/").filter((name) => name !== "");
  const keptCount = names.length <= 1 ? names.length : Math.max(names.length - 2, Math.min(names.length - 1, 2));
  return `/${names.slice(0, keptCount).join("/")}`;
}

function trailOf(path: string): Trail {
  const paths = [resolve(path)];
  const besideLinks: string[] = [];
  for (let next = firstLink(paths[0]!); next !== undefined; next = firstLink(paths.at(-1)!)) {
    if (paths.length > LINK_LIMIT_COUNT) break;
    besideLinks.push(dirname(next.link), dirname(next.target));
    paths.push(next.path);
  }
  return { paths, besideLinks };
}

/** The first link on the way, and the path with its target in its place. Undefined when there is no link. */
function firstLink(path: string): { link: string; target: string; path: string } | undefined {
  const names = path.split("/").filter((name) => name !== "");
  for (const index of names.keys()) {
    const link = `/${names.slice(0, index + 1).join("/")}`;
    const found = lstatSync(link, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isSymbolicLink()) continue;
    const target = resolve(dirname(link), readlinkSync(link));
    return { link, target, path: join(target, ...names.slice(index + 1)) };
  }
  return undefined;
}

function withoutTop(folders: readonly string[]): string[] {
  return [...new Set(folders)].filter((folder) => folder !== "/");
}
