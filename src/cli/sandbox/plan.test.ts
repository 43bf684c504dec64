// What may be written in the sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions } from "../../options/resolve.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { planSandbox } from "./plan.ts";

const SURROUNDINGS = { file: undefined, packageFolder: "/pkg", cacheFolder: undefined, environment: {} };

const cases: [options: ServerOptions, written: string[]][] = [
  [{}, []],
  [{ logFile: "/nowhere/log/access.log" }, ["/nowhere/log"]],
  [{ log: "off", logFile: "/nowhere/log/access.log" }, []],
  [{ pidFile: "/nowhere/run/heddle.pid" }, ["/nowhere/run"]],
];

for (const [options, written] of cases)
  test(`planSandbox(${JSON.stringify(options)}) lets ${written.join(", ") || "nothing"} be written`, () => {
    const plan = planSandbox(resolveOptions({ root: "/srv", ...options }), SURROUNDINGS, "auto");
    assert.deepEqual(plan.written, written);
    assert.deepEqual(
      plan.rules.filter(([, right]) => right === "write").map(([path]) => path),
      written,
    );
  });
