// The list of metrics: docs/metrics.md and the dashboard name what there is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { emptyView } from "../../../test/support/admin-view.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

const ALL = families(emptyView(), Date.now());

/** How the documentation lists a family. */
function line({ name, kind, help, samples }: Family): string {
  const labels = Object.keys(samples[0]?.labels ?? {}).filter((label) => label !== "le");
  const by = labels.length === 0 ? "" : `, by ${labels.map((label) => `\`${label}\``).join(", ")}`;
  return `- \`${name}\` (${kind}${by}): ${help}`;
}

test("docs/metrics.md lists every metric, in the order of the code, with its kind, labels and help", () => {
  const page = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const listed = page.split("\n").filter((text) => /^- `(?:heddle|process)_/.test(text));
  const ofThisSystem = listed.filter((text) => process.platform === "linux" || !/`process_\w+_fds`/.test(text));
  assert.deepEqual(ofThisSystem, ALL.map(line));
});

test("The dashboard asks for metrics that there are, and each of its panels is complete", () => {
  const file = new URL("../../../deploy/grafana-dashboard.json", import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, "utf8")) as Dashboard;
  const names = new Set(
    ALL.flatMap(({ name, kind }) =>
      kind === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : name,
    ),
  );
  assert.ok(dashboard.schemaVersion >= 36 && dashboard.uid !== "" && dashboard.title !== "");
  assert.deepEqual(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  for (const { title, type, gridPos, targets } of dashboard.panels) {
    assert.ok(title !== "" && type !== "" && gridPos.w > 0 && gridPos.x + gridPos.w <= 24, title);
    assert.ok(targets.length > 0, title);
    for (const { expr } of targets) {
      const asked = expr.match(/\b(?:heddle|process)_\w+/g) ?? [];
      assert.ok(asked.length > 0, expr);
      for (const name of asked) assert.ok(names.has(name), `${title}: ${name}`);
    }
  }
});

test("Help is plain, so that nothing in it has to be escaped", () => {
  for (const { name, help } of ALL) assert.match(help, /^[A-Z1][ -!#-[\]-~]+\.$/, name);
});

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
