// The types of the package: one file for each entry, that needs no other. tsc writes what it knows of each source file,
// and the roll-up gathers what the entry exports. The roll-up needs the API of TypeScript 6, which 7 does not have yet.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const ENTRIES = { server: "server.d.ts", http1: "http1/index.d.ts" };

/**
 * Declares the global types that an entry names and a program may lack. TypeScript 7 loads no `@types` that a program does not
 * ask for. An empty interface adds nothing to the AbortSignal of the DOM or of Node, and stands for it where both are absent.
 */
const GLOBALS: Readonly<Record<string, { readonly banner: string; readonly footer: string }>> = {
  server: {
    banner: '/// <reference lib="esnext.disposable" />',
    footer: "declare global { interface AbortSignal {} }",
  },
};

export async function emitDeclarations(folder: string): Promise<void> {
  const emitted = mkdtempSync(join(tmpdir(), "heddle-types-"));
  try {
    execFileSync("tsc", ["-p", "tsconfig.build.json", "--outDir", emitted], { stdio: "inherit" });
    for (const [name, file] of Object.entries(ENTRIES)) {
      // Types of Node and of libraries would be imported; a test sees that no library's are.
      const build = await rollup({
        input: join(emitted, file),
        external: /^(?![./])/,
        plugins: [dts()],
        logLevel: "silent",
      });
      await build.write({ file: `${folder}/${name}.d.ts`, format: "es", ...GLOBALS[name] });
      await build.close();
    }
  } finally {
    rmSync(emitted, { recursive: true });
  }
}
