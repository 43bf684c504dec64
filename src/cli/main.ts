#!/usr/bin/env node
// The `heddle` command. It only looks at the version of Node, so that an older one gets a sentence instead of
// a stack trace: hence no static import, and no syntax that Node 18 cannot read. Everything else is run.ts.

/** The lowest version of "engines" in package.json; a test keeps the two together. */
const MAJOR = 26;
const MINOR = 8;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > MAJOR || (major === MAJOR && minor >= MINOR)) {
  const { keepCompiledCode } = await import("./compile-cache.ts");
  keepCompiledCode();
  const { run } = await import("./run.ts");
  await run();
} else {
  console.error(
    `heddle needs Node.js ${MAJOR}.${MINOR} or newer; this is ${process.version}. Get it from https://nodejs.org/.`,
  );
  process.exitCode = 1;
}

// With nothing imported, this is what makes the file a module.
export {};
