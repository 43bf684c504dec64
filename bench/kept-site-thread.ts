// A thread that makes or reads its share of a kept site.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { filler } from "./filler.ts";
import type { Share } from "./kept-sites.ts";

doShare(workerData);

function doShare({ root, pattern, fileCount, fileBytes, task, first, step }: Share): void {
  const content = filler(fileBytes);
  let folder = "";
  for (let index = first; index < fileCount; index += step) {
    const path = join(root, pathOf(pattern, index));
    if (task === "read") {
      readFileSync(path);
      continue;
    }
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== folder) mkdirSync(parent, { recursive: true });
    folder = parent;
    writeFileSync(path, content);
  }
}

/** All names are equally long, so that all requests are: the C floor counts requests by their length. */
function pathOf(pattern: string, index: number): string {
  return pattern.replace("{a}", threeDigits(index / 1000)).replace("{b}", threeDigits(index % 1000));
}

function threeDigits(value: number): string {
  return `${Math.floor(value)}`.padStart(3, "0");
}
