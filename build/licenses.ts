// The notices of the libraries that are bundled: their licenses ask for them to go along.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARY_FOLDER = /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/** @param files that were bundled, ours among them */
export function licensesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => LIBRARY_FOLDER.exec(file)?.[0] ?? []));
  return `Heddle contains these libraries.\n\n${[...folders].sort().map(noticeOf).join("\n\n")}`;
}

/** @throws for a library without a license, which must not be published */
function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
