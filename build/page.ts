// A page of the console as one file: its HTML, with the style and the bundled program inside. `npm run build` writes it
// into the package; in a checkout the server asks for it (src/console/page-file.ts).
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";

const FOLDER = new URL("../src/console/page/", import.meta.url);

export interface BundledPage {
  readonly html: string;
  /** Source files, with those of libraries. */
  readonly files: readonly string[];
}

type PageName = "live" | "steps";

/** By page: what its style is made of. */
const STYLES: Readonly<Record<PageName, readonly URL[]>> = {
  live: [new URL(import.meta.resolve("uplot/dist/uPlot.min.css")), new URL("style.css", FOLDER)],
  steps: [new URL("style.css", FOLDER), new URL("steps.css", FOLDER)],
};

export const PAGES: readonly PageName[] = ["live", "steps"];

/** @param name of the page: "live" is live.html, which has marks for the styles and for live.ts */
export async function bundlePage(name: PageName): Promise<BundledPage> {
  const [html, ...styles] = await Promise.all(
    [new URL(`${name}.html`, FOLDER), ...STYLES[name]].map((file) => readFile(file, "utf8")),
  );
  const { code, moduleIds } = await bundle(fileURLToPath(new URL(`${name}.ts`, FOLDER)));
  const filled = html!
    .replace("/* style */", () => styles.join("\n").trim())
    // Nothing else ends a script.
    .replace("/* script */", () => code.trim().replaceAll("</script", "<\\/script"));
  return { html: filled, files: moduleIds };
}

/** uPlot asks for the language of the browser, which is no language tag where LANG is C ("en-US@posix"): then it throws. */
const LANGUAGE = "domEnv ? nav.language : 'en-US'";

const knownLanguage: Plugin = {
  name: "known-language",
  transform: {
    filter: { id: /\/uplot\// },
    handler(code) {
      if (!code.includes(LANGUAGE)) throw new Error("uplot has changed: look for where it asks for the language");
      return { code: code.replace(LANGUAGE, "'en'"), map: null };
    },
  },
};

async function bundle(input: string): Promise<OutputChunk> {
  const build = await rolldown({
    input,
    platform: "browser",
    plugins: [knownLanguage],
    checks: { pluginTimings: false },
  });
  const { output } = await build.generate({ format: "iife", minify: true, comments: false });
  await build.close();
  return output[0];
}
