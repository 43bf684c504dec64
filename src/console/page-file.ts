// The live page as one file of HTML, with its script and its style inside. The package has it ready; in a checkout it is
// bundled when somebody first asks. The content security policy names both by their hashes, and allows nothing else.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** No part of the package, and so no file that the package's own bundler may see. */
const BUNDLER = "../../build/page.ts";

export interface PageFile {
  readonly html: Buffer;
  readonly policy: string;
}

/** The live page, and the one of the step mode. */
export type PageName = "live" | "steps";

export async function readPage(name: PageName): Promise<PageFile> {
  const html = import.meta.url.endsWith(".ts") ? await bundled(name) : await packed(name);
  return { html: Buffer.from(html), policy: policyOf(html) };
}

/** dist/console/live.html; this file is in dist/chunks/. */
function packed(name: PageName): Promise<string> {
  return readFile(new URL(`../console/${name}.html`, import.meta.url), "utf8");
}

async function bundled(name: PageName): Promise<string> {
  const bundler = new URL(BUNDLER, import.meta.url).href;
  const { bundlePage } = (await import(bundler)) as { bundlePage(name: PageName): Promise<{ html: string }> };
  return (await bundlePage(name)).html;
}

function policyOf(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashesOf(html, "script")}`,
    `style-src ${hashesOf(html, "style")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function hashesOf(html: string, element: "script" | "style"): string {
  const contents = [...html.matchAll(new RegExp(`<${element}[^>]*>(.*?)</${element}>`, "gs"))].map(([, text]) => text!);
  return contents.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`).join(" ");
}
