// The folder of the package that this command belongs to: in the project and in an installation.
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

/** Found upwards from here, because a built file may lie at another depth than its source. */
const PACKAGE_FILE = findPackageJSON(import.meta.url)!;

export const PACKAGE_FOLDER: string = dirname(PACKAGE_FILE);

export function readVersion(): string {
  return JSON.parse(readFileSync(PACKAGE_FILE, "utf8")).version;
}
