// Reads a configuration with `import` or `export` in it as a module, whatever package.json says. `npm init` writes
// "type": "commonjs" there, and Node would refuse the file that the documentation shows. Without a type, Node would read the
// file, and print a warning. Left out on purpose: packages, whose authors have set their type.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** A statement that only modules have; `import(…)` is allowed in scripts too. */
const MODULE_STATEMENT = /^[ \t]*(?:import\s*["'\w{*]|export\s*[\w{*])/m;

/** Holds until the returned hook is disposed of, also for other modules that are loaded in that time. */
export function readModulesBySyntax(): Disposable {
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      return nextLoad(url, isModuleBySyntax(url) ? { ...context, format: formatOf(url) } : context);
    },
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

/** False for .mjs, .mts, .cjs and .cts, whose extension decides. */
function isModuleBySyntax(url: string): boolean {
  if (!/^file:.*\.[jt]s(?:\?|$)/.test(url) || url.includes("/node_modules/")) return false;
  try {
    return MODULE_STATEMENT.test(readFileSync(fileURLToPath(url), "utf8"));
  } catch {
    return false; // Node has a better message for a file that cannot be read.
  }
}

function formatOf(url: string): "module" | "module-typescript" {
  return extname(fileURLToPath(url)) === ".ts" ? "module-typescript" : "module";
}
