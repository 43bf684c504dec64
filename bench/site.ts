// The files that every peer serves: made afresh for each run, the same for all, removed afterwards.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filler } from "./filler.ts";

/** wrk.lua names the many files in the same way. */
export const MANY_COUNT = 10_000;

/** Targets, and sizes in bytes. */
export const FILES = {
  small: { target: "/1k.txt", size: 1024 },
  medium: { target: "/100k.bin", size: 102_400 },
  large: { target: "/10m.bin", size: 10_485_760 },
  many: { target: "/many/0.txt", size: 1024 },
} as const;

export function makeSite(root: string): void {
  mkdirSync(join(root, "many"), { recursive: true });
  for (const { target, size } of Object.values(FILES)) writeFileSync(join(root, target), filler(size));
  for (let index = 0; index < MANY_COUNT; index++) writeFileSync(join(root, "many", `${index}.txt`), filler(1024));
}
