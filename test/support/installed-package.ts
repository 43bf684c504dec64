// The package as its users get it: packed, and installed into an empty folder, where programs can be run with it.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

export const PROJECT: string = join(import.meta.dirname, "../..");

/** The installed command finds this Node first, as it would find the user's. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
};

export const run: typeof execFile.__promisify__ = promisify(execFile);

export interface InstalledPackage {
  /** Where it is installed; programs here can import it. */
  readonly folder: string;
  /** Its own folder, below node_modules. */
  readonly root: string;
  /** The file of its command. */
  readonly main: string;
  readonly packedBytes: number;
  remove(): Promise<void>;
}

/** Builds it, too. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: PROJECT });
  const tarball = join(folder, tarballOf(stdout));
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball];
  await run("npm", install, { cwd: folder, env: ENVIRONMENT });
  const root = join(folder, "node_modules", "heddle");
  const { bin } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { size: packedBytes } = await stat(tarball);
  return { folder, root, main: join(root, bin.heddle), packedBytes, remove: () => rm(folder, { recursive: true }) };
}

/** npm prints what prepack prints before its JSON, and an object or an array by its version. */
function tarballOf(output: string): string {
  return /"filename": "([^"]+\.tgz)"/.exec(output)![1]!;
}

/** All files below a folder, with their sizes. */
export async function filesBelow(folder: string): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => [file, (await stat(file)).size] as const));
  return new Map(sizes.map(([file, size]) => [file.slice(folder.length + 1), size]));
}
