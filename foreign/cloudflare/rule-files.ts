// Rule files as sites have them, written anew: shapes of public `_redirects` and `_headers`, and each kind of mistake.
import { readFileSync } from "node:fs";

/** What record.ts writes. */
export const DECISIONS: URL = new URL("../corpus/cloudflare-decisions.json", import.meta.url);

/** In the text, each line up to the first empty one is a file, and behind it each paragraph. */
export function redirectFiles(): readonly string[] {
  const [lines = "", ...paragraphs] = textOf("cloudflare-redirects.txt").trimEnd().split("\n\n");
  return [...new Set([...lines.split("\n"), ...paragraphs])];
}

export function headerFiles(): readonly string[] {
  return JSON.parse(textOf("cloudflare-headers.json")) as string[];
}

function textOf(name: string): string {
  return readFileSync(new URL(`../corpus/${name}`, import.meta.url), "utf8");
}
