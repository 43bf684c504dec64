// Runs test/mounts/file-systems.ts in a mount namespace of its own, in which it may mount file systems. Where the machine
// allows no such namespace, the test is skipped and says why; `npm run test:mounts` fails there instead.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const SUITE = join(import.meta.dirname, "mounts", "file-systems.ts");
/** Needs an overlay and a tmpfs. */
const CAN_MOUNT = 'cd "$(mktemp -d)" && mkdir l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m';

test("file systems that must be mounted first: overlayfs and tmpfs", (t) => {
  const unshare = wayToMount();
  if (Array.isArray(unshare)) {
    const [command = "", ...argv] = unshare;
    // Node's test runner would report to the one that it believes to be its parent.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const result = spawnSync(command, [...argv, process.execPath, "--test", SUITE], { encoding: "utf8", env });
    assert.equal(result.status, 0, result.stdout + result.stderr);
    return;
  }
  assert.equal(process.env["HEDDLE_TEST_MOUNTS"], undefined, `this machine allows no mount: ${unshare}`);
  t.skip(`this machine allows no mount (npm run test:mounts insists): ${unshare}`);
});

/** The command that gives a namespace, or what the system says against it. */
function wayToMount(): string[] | string {
  if (process.platform !== "linux") return "it is not Linux";
  let reason = "";
  for (const flags of [["--mount"], ["--mount", "--map-root-user"]]) {
    const { status, stderr, error } = spawnSync("unshare", [...flags, "sh", "-c", CAN_MOUNT], { encoding: "utf8" });
    if (status === 0) return ["unshare", ...flags];
    reason = (stderr || error?.message) ?? "";
  }
  return reason.trim();
}
