// Runs the test files that match the patterns, those of the first pattern first: `node test/run.ts 'test/**/*.test.ts'`.
// `node --test` runs them as well. Two things make this quicker on all of them:
// What Node compiles is kept for the time of the run. Each file of tests is a process, each thread of a server loads the
// server again, and stripping the types and compiling takes two thirds of the time of both.
// The order is that of the patterns, where `node --test` sorts: when the long files come first, both processes end together.
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import * as reporters from "node:test/reporters";
import { parseArgs } from "node:util";

/**
 * Three files keep two cores busy: with two, the processor has nothing to do for two fifths of the time, because many tests
 * wait for deadlines, the disk and signals.
 */
const CONCURRENCY = 3;

const { values, positionals } = parseArgs({
  options: { reporter: { type: "string", default: "spec" } },
  allowPositionals: true,
});
const reporter = values.reporter === "dot" ? reporters.dot : new reporters.spec();

// Not in node_modules: tests run programs from temporary folders, whose compiled code nobody would ever remove.
const compiled = mkdtempSync(join(tmpdir(), "heddle-compiled-"));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
process.once("exit", () => rmSync(compiled, { recursive: true, force: true }));
process.env["NODE_COMPILE_CACHE"] = compiled;

const files = positionals.flatMap((pattern) => globSync(pattern).sort());
// A run that does not reach its summary has failed.
process.exitCode = 1;
run({ files, concurrency: CONCURRENCY })
  .on("test:summary", ({ file, success }) => {
    if (file === undefined && success && files.length > 0) process.exitCode = 0;
  })
  .compose(reporter)
  .pipe(process.stdout);
