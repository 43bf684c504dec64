// The packages that are installed with this one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// Complaint: serve #840 #665, occt-wasm #239
test("few packages are installed with this one, and no script runs when they are", () => {
  const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
    packages: Record<string, { dev?: true; optional?: true; hasInstallScript?: true }>;
  };
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  assert.deepEqual(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript),
    [],
  );
  assert.ok(installed.length <= 12, installed.map(([path]) => path).join(", "));
});
