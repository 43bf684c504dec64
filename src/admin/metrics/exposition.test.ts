// The two forms of metrics, and which one a scraper gets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFormat, expose } from "./exposition.ts";
import { counter, gauge, histogram, info } from "./family.ts";

const ALL = [
  info("a_build_info", "About a.", { version: "1.0" }),
  counter("a_things_total", "Things.", [{ labels: { name: 'a "\\\n', of: "é" }, value: 3 }]),
  gauge("a_limit", "Limit.", Number.POSITIVE_INFINITY),
  histogram("a_seconds", "Time.", { bounds: [0.5, 1], counts: [1, 1, 4], sum: 6.5 }),
];

test("expose() writes what Prometheus reads", () => {
  assert.equal(
    expose(ALL, "prometheus"),
    `# HELP a_build_info About a.
# TYPE a_build_info gauge
a_build_info{version="1.0"} 1
# HELP a_things_total Things.
# TYPE a_things_total counter
a_things_total{name="a \\"\\\\\\n",of="é"} 3
# HELP a_limit Limit.
# TYPE a_limit gauge
a_limit +Inf
# HELP a_seconds Time.
# TYPE a_seconds histogram
a_seconds_bucket{le="0.5"} 1
a_seconds_bucket{le="1.0"} 1
a_seconds_bucket{le="+Inf"} 4
a_seconds_sum 6.5
a_seconds_count 4
`,
  );
});

test("expose() names the families of OpenMetrics without their suffixes, and ends the text", () => {
  const text = expose(ALL, "openmetrics");
  assert.match(text, /^# HELP a_build About a\.\n# TYPE a_build info\na_build_info\{/);
  assert.match(text, /\n# TYPE a_things counter\na_things_total\{/);
  assert.ok(text.endsWith("a_seconds_count 4\n# EOF\n"));
  assert.doesNotMatch(text, /\n\n| {2}/);
});

const FORMATS: readonly (readonly [accept: string | undefined, format: ReturnType<typeof chooseFormat>])[] = [
  [undefined, "prometheus"],
  ["*/*", "prometheus"],
  ["text/html,application/xhtml+xml,*/*;q=0.8", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
  // As Prometheus 2.42 and 3 ask.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "openmetrics",
  ],
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.6",
    "prometheus",
  ],
  ["application/openmetrics-text;version=0.0.1,text/plain;q=0.5", "prometheus"],
  ["application/openmetrics-text;q=0", "prometheus"],
];

for (const [accept, format] of FORMATS) {
  test(`chooseFormat() chooses ${format} for ${accept}`, () => {
    assert.equal(chooseFormat(accept), format);
  });
}
