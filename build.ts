// src/ -> dist/, as it is published: types left out, declarations beside it, and zod as the one file that is used of it.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rollup } from "@rollup/wasm-node";

const BUNDLED = "dist/config/zod.js";

rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
await inlineZod();

/** MIT asks for its notice to go along. */
async function inlineZod(): Promise<void> {
  const license = readFileSync(new URL("LICENSE", import.meta.resolve("zod/package.json")), "utf8").trim();
  const bundle = await rollup({
    input: BUNDLED,
    plugins: [
      { name: "find-zod", resolveId: (id) => (id === "zod/mini" ? fileURLToPath(import.meta.resolve(id)) : null) },
    ],
    treeshake: { moduleSideEffects: false },
    // Remarks on zod's comments and its circles.
    onwarn: () => {},
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  writeFileSync(BUNDLED, `/*\n${license}\n*/\n${output[0].code}`);
  rmSync(`${BUNDLED}.map`);
}
