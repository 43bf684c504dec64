#!/usr/bin/env node
// The `heddle` command: looks at the version of Node.js. The rest is run.ts. An old Node.js must be able to load this
// file, and what it imports statically: see node-version.ts.
import { keepCompiledCode } from "./compile-cache.ts";
import { complaintAboutNode } from "./node-version.ts";

const complaint = complaintAboutNode("command");
if (complaint === undefined) {
  keepCompiledCode();
  const { run } = await import("./run.ts");
  await run();
} else {
  console.error(complaint);
  process.exitCode = 1;
}
