// src/ -> dist/, as it is published: JavaScript in few files, because each file costs time to load; the types of each
// entry in one file; the libraries inside, with their licenses. docs/decisions/0009 says why.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { emitDeclarations } from "./build/declarations.ts";
import { writeEntries } from "./build/entries.ts";
import { bundle } from "./build/javascript.ts";
import { licensesOf } from "./build/licenses.ts";
import { bundlePage, PAGES } from "./build/page.ts";

rmSync("dist", { recursive: true, force: true });
const { files, exportsOf } = await bundle("dist");
writeEntries("dist", exportsOf);
const pages = await Promise.all(PAGES.map(bundlePage));
mkdirSync("dist/console");
for (const [index, name] of PAGES.entries()) writeFileSync(`dist/console/${name}.html`, pages[index]!.html);
await emitDeclarations("dist");
writeFileSync("dist/THIRD-PARTY.txt", licensesOf([...files, ...pages.flatMap((page) => page.files)]));
