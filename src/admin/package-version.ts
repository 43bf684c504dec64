// The version of this package, for operators.
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

let known: string | undefined;

/** Found upwards from here: a built file may lie at another depth than its source. */
export function packageVersion(): string {
  known ??= String(JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, "utf8")).version);
  return known;
}
