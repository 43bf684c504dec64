// The scripts of the packages that releases/setup installs, before and after a release of theirs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasFingerprint } from "../src/features/fields/fingerprint.ts";

/** The name of the package, as in package.json of this folder, and the script that pages load. */
const SCRIPTS: readonly (readonly [name: string, script: string])[] = [
  ["swagger-ui", "swagger-ui-bundle.js"],
  ["chart", "dist/chart.umd.js"],
  ["vue", "dist/vue.global.prod.js"],
];

export interface Version {
  readonly version: string;
  readonly bytes: Buffer;
  /** With a fingerprint, as a bundler names it: "/assets/vue-3f2a….js". */
  readonly path: string;
}

export interface Released {
  readonly name: string;
  readonly before: Version;
  readonly after: Version;
}

export function releasedScripts(): readonly Released[] {
  return SCRIPTS.map(([name, script]) => {
    return { name, before: readVersion(name, "before", script), after: readVersion(name, "after", script) };
  });
}

function readVersion(name: string, when: "before" | "after", script: string): Version {
  const folder = join(import.meta.dirname, "node_modules", `${name}-${when}`);
  if (!existsSync(folder))
    throw new Error(`found no ${folder}: run releases/setup, or npm run test:releases, which does`);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const bytes = readFileSync(join(folder, script));
  return { version, bytes, path: pathOf(name, bytes) };
}

/** webpack's twenty digits; the next twenty, should these be a number. */
function pathOf(name: string, bytes: Buffer): string {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const paths = [0, 20, 40].map((start) => `assets/${name}-${digest.slice(start, start + 20)}.js`);
  return `/${paths.find(hasFingerprint)}`;
}
