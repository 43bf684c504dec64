// Reads a configuration with `import` or `export` in it as the module that it is, whatever package.json says. `npm init` writes
// "type": "commonjs" there, of the project and not of this file, and Node would refuse the file that the documentation shows; with
// no type at all it would take it, and print a warning of its own. Left out on purpose: packages, which are as their authors say.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** A statement that only modules have: not `import(…)`, which is in both. */
const MODULE_STATEMENT = /^[ \t]*(?:import\s*["'\w{*]|export\s*[\w{*])/m;

/** Until what is given back is disposed of; programs that load other things meanwhile are served the same. */
export function readModulesBySyntax(): Disposable {
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      return nextLoad(url, isModuleBySyntax(url) ? { ...context, format: formatOf(url) } : context);
    },
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

/** .mjs, .mts, .cjs and .cts say by themselves what they are. */
function isModuleBySyntax(url: string): boolean {
  if (!/^file:.*\.[jt]s(?:\?|$)/.test(url) || url.includes("/node_modules/")) return false;
  try {
    return MODULE_STATEMENT.test(readFileSync(fileURLToPath(url), "utf8"));
  } catch {
    return false; // Node says better what is wrong with it.
  }
}

function formatOf(url: string): "module" | "module-typescript" {
  return extname(fileURLToPath(url)) === ".ts" ? "module-typescript" : "module";
}
