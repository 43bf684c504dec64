// The entries that programs import. A Node.js that is too old could not even link the real modules, which import names
// that it does not have: so an entry looks at the version first, and loads the real one then. By `require`, which loads
// ES modules without a wait: so `require("heddle")` works, too.
import { readFileSync, writeFileSync } from "node:fs";
import { transformSync } from "rolldown/utils";

/** @param exportsOf the names that a real entry exports; it is in api/ */
export function writeEntries(
  folder: string,
  exportsOf: (entry: "api/server" | "api/http1") => readonly string[],
): void {
  const file = "src/cli/node-version.ts";
  writeFileSync(`${folder}/node-version.js`, transformSync(file, readFileSync(file, "utf8")).code);
  for (const name of ["server", "http1"] as const) {
    writeFileSync(
      `${folder}/${name}.js`,
      `import { createRequire } from "node:module";
import { complaintAboutNode } from "./node-version.js";

const complaint = complaintAboutNode("program");
if (complaint !== undefined) throw new Error(complaint);

export const { ${exportsOf(`api/${name}`).join(", ")} } = createRequire(import.meta.url)("./api/${name}.cjs");
`,
    );
  }
}
