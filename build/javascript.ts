// The JavaScript of the package. Modules that are loaded together become one file, by what the command and the threads
// load at their start; what is loaded later (`import()`) stays apart. Everything is minified, except for line breaks and the
// names of classes: that halves what a thread reads and compiles.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChunkingContext, type OutputChunk, type Plugin, rolldown } from "rolldown";
import { requireChunks, toCommonJs } from "./commonjs.ts";
import { breakLines } from "./lines.ts";
import { registeredTypesAsText } from "./registered-types.ts";

/** By their file in dist/. */
const ENTRIES = {
  "cli/main": "src/cli/main.ts",
  "api/server": "src/server.ts",
  "api/http1": "src/http1/index.ts",
};

/** How code names the module of a thread. */
const THREAD_URL = /new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/g;

/** An error prints the name of its class. The names of functions would cost 4 kB in the package. */
const KEPT_NAMES = { class: true, function: false };

export interface Bundle {
  /** Source files, with those of libraries. */
  readonly files: readonly string[];
  /** The names that an entry exports, by its file in dist/. */
  readonly exportsOf: (entry: keyof typeof ENTRIES) => readonly string[];
}

export async function bundle(folder: string): Promise<Bundle> {
  const build = await rolldown({
    input: ENTRIES,
    platform: "node",
    plugins: [bundleThreads, omitUnused, typesAsText],
    // The libraries do nothing when they are imported.
    treeshake: { moduleSideEffects: [{ test: /node_modules/, sideEffects: false }] },
    preserveEntrySignatures: "allow-extension",
    checks: { pluginTimings: false },
  });
  const { output } = await build.write({
    dir: folder,
    plugins: [escapeUnicode, builtinsByProperty, commonJs, keepLinesShort],
    entryFileNames: ({ name }) => (name.startsWith("api/") ? "[name].cjs" : "[name].js"),
    minify: { compress: { keepNames: KEPT_NAMES }, mangle: { keepNames: KEPT_NAMES } },
    minifyInternalExports: true,
    comments: { legal: false, annotation: false, jsdoc: false },
    chunkFileNames: "chunks/[name].cjs",
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkOf, debugName: "loaded together" }] },
  });
  await build.close();
  const chunks = output.filter((file): file is OutputChunk => file.type === "chunk");
  return {
    files: [...chunks.flatMap(({ moduleIds }) => moduleIds), ...TABLES],
    exportsOf: (entry) => chunks.find(({ name }) => name === entry)?.exports ?? [],
  };
}

/** Makes an entry of each thread, and names its file where the thread is started. */
const bundleThreads: Plugin = {
  name: "bundle-threads",
  transform: {
    filter: { id: /\/src\/.*\.ts$/ },
    handler(code, importer) {
      const named = code.replace(THREAD_URL, (_, path: string) => {
        const id = new URL(path, `file://${importer}`).pathname;
        const name = basename(id, ".ts").replace("-thread", "");
        const file = this.emitFile({ type: "chunk", id, fileName: `threads/${name}.js` });
        return `new URL(import.meta.ROLLUP_FILE_URL_${file})`;
      });
      // No line has moved.
      return named === code ? null : { code: named, map: null };
    },
  },
};

/** What libraries import and do not use as we use them, by its name and by what takes its place. */
const OMITTED: Readonly<Record<string, string>> = {
  // For the option `linkify` of markdown-it, which content/listing/readme/ leaves off; a third of the two.
  "linkify-it": "export class LinkifyIt {}",
  // For commands of commander's that are programs of their own. Node takes 2 ms to load it, and 3 ms for the next.
  "node:child_process": "export default {};",
  // The global says the same; to import it asks for each of its properties, of which some are costly.
  "node:process": "export default process;",
};

const omitUnused: Plugin = {
  name: "omit-unused",
  resolveId: {
    filter: { id: /^(?:linkify-it|node:child_process|node:process)$/ },
    handler: (id, importer) => (importer?.includes("/node_modules/") ? `\0${id}` : null),
  },
  load: { filter: { id: /^\0/ }, handler: (id) => OMITTED[id.slice(1)] ?? null },
};

/** The library whose tables are in the package, but not its files. */
const TABLES = [fileURLToPath(import.meta.resolve("mime/types/standard.js"))];

const typesAsText: Plugin = {
  name: "types-as-text",
  load: { filter: { id: /\/src\/http\/registered-types\.ts$/ }, handler: () => registeredTypesAsText() },
};

/** V8 keeps ASCII as it is, in half the memory: one "…" would double a file of 70 KB at the start of each thread. */
const escapeUnicode: Plugin = {
  name: "escape-unicode",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      // Comments are gone, so it stands in strings and in regular expressions, where an escape means the same.
      if (file.type === "chunk") file.code = file.code.replace(/[^\x00-\x7f]/g, escapeUnit);
    }
  },
};

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** An import of a module of Node, as the minifier writes it: by default, by names, or both. */
const BUILTIN_IMPORT = /\bimport ?(\w*),?(\{[^}]*\})?from"(node:[\w/]+)";/g;

/**
 * To import a module of Node asks for each of its properties, of which some load other modules: the parser of arguments and
 * the differ of asserts with node:util, WebCrypto with node:crypto. A start is 5 ms faster when each file takes only the
 * properties that it uses. Node links such an import first, and so the file that an old Node.js reads keeps it.
 */
const builtinsByProperty: Plugin = {
  name: "builtins-by-property",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk" || file.fileName === "cli/main.js") continue;
      file.code = file.code.replace(
        BUILTIN_IMPORT,
        (_, byDefault: string, names: string | undefined, module: string) => {
          const targets = [byDefault, names?.replaceAll(" as ", ":") ?? ""].filter((target) => target !== "");
          return targets.map((target) => `const ${target}=process.getBuiltinModule("${module}");`).join("");
        },
      );
    }
  },
};

/** See commonjs.ts. The command stays an ES module, and so do threads: an old Node.js reads the one, the others may wait. */
const commonJs: Plugin = {
  name: "common-js",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk" || file.fileName === "cli/main.js") continue;
      const convert = file.fileName.endsWith(".cjs") ? toCommonJs : requireChunks;
      file.code = convert(file.fileName, file.code);
    }
  },
};

/** Node prints the source line of an uncaught error: of a program's mistake, too, which our code throws. */
const keepLinesShort: Plugin = {
  name: "keep-lines-short",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type === "chunk") file.code = breakLines(file.fileName, file.code);
    }
  },
};

/** What is loaded together: all that these modules import without `import()`. */
const STARTS = {
  run: ["src/cli/run.ts"],
  command: ["src/cli/serve.ts"],
  server: ["src/server.ts"],
  worker: ["src/threads/worker/serving-thread.ts"],
  kernel: ["src/threads/worker/kernel-modules.ts"],
  portable: ["src/transport/portable/transport.ts"],
  kernelHttp2: ["src/transport/kernel/http2-exchanges.ts"],
  kernelOfMain: ["src/transport/kernel/self-test.ts", "src/threads/listening/shared-listener.ts"],
  kernelOfLesson: ["src/console/steps/kernel-wire.ts"],
  engine: ["src/http1/index.ts"],
};
type Start = keyof typeof STARTS;
const reached = new Map<Start, ReadonlySet<string>>();

/** The file that a module goes into; null for one that goes where it is used, or into a file of its own. */
function chunkOf(id: string, context: ChunkingContext): string | null {
  if (isEntry(id)) return null;
  if (reachOf("run", context).has(id)) return "start";
  const isIn = (start: Start): boolean => reachOf(start, context).has(id);
  const isOfMain = isIn("command") || isIn("server");
  const isOfThread = isIn("worker") || isIn("kernel");
  if (isOfMain && (isOfThread || isIn("engine"))) return "shared";
  if (isIn("worker")) return isIn("engine") ? "shared" : "site";
  if (isIn("engine")) return "engine";
  if (isIn("kernel") && isIn("portable")) return "exchange";
  // What some threads need later goes into a file that all of them have. The main thread has one of them, which needs nothing
  // of a site.
  if (isIn("kernel") && (isIn("kernelOfMain") || isIn("kernelHttp2"))) return "linux";
  if (isIn("kernel")) return isIn("kernelOfLesson") ? "files" : null;
  if (isIn("server")) return "serving";
  return isIn("command") ? "command" : null;
}

/** Those keep the names that they export, so that no file is needed to give the names back. */
function isEntry(id: string): boolean {
  return (
    Object.values(ENTRIES).some((entry) => id.endsWith(`/${entry}`)) ||
    /(?:(?<!job)-thread|\/worker|\/run|\/serve|-modules)\.ts$/.test(id) ||
    /self-test\.ts$|shared-listener\.ts$/.test(id)
  );
}

function reachOf(start: Start, context: ChunkingContext): ReadonlySet<string> {
  const known = reached.get(start);
  if (known !== undefined) return known;
  const found = new Set(STARTS[start].map((file) => `${process.cwd()}/${file}`));
  for (const id of found) for (const imported of context.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  reached.set(start, found);
  return found;
}
