import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { type Machine, type Step, stepsFor } from "./stores.ts";

const WISH = { file: "/config/authority.crt", name: "heddle-dev-1", isRemoval: false };

/** A machine with these files: below root/, home/ and bin/. */
function machine(t: TestContext, files: readonly string[], more: Partial<Machine> = {}): Machine {
  const folder = makeSite(t, Object.fromEntries(["root/a", "home/a", "bin/a", ...files].map((name) => [name, ""])));
  const [root, home, path] = ["root", "home", "bin"].map((name) => join(folder, name)) as [string, string, string];
  return { platform: "linux", isRoot: true, root, home, path, ...more };
}

/** The commands, with the folders of the machine left out. */
function shown(steps: readonly Step[], { root = "/", home }: Machine): string[] {
  return steps.flatMap(({ store, commands, missing }) => [
    `${store}: ${missing ?? "ready"}`,
    ...commands.map((words) => words.join(" ").replaceAll(root, "").replaceAll(home, "~")),
  ]);
}

test("stepsFor() copies the certificate into the store of Debian and Ubuntu, and has it read", (t) => {
  const debian = machine(t, ["root/usr/local/share/ca-certificates/x", "bin/update-ca-certificates"]);
  const copy = "/usr/local/share/ca-certificates/heddle-dev-1.crt";
  assert.deepEqual(shown(stepsFor(debian, WISH), debian), [
    "the system: ready",
    `install -m 644 /config/authority.crt ${copy}`,
    "update-ca-certificates",
  ]);
  assert.deepEqual(shown(stepsFor(debian, { ...WISH, isRemoval: true }), debian), [
    "the system: ready",
    `rm -f ${copy}`,
    "update-ca-certificates",
  ]);
});

test("stepsFor() shows what root would have to do, and what is not installed", (t) => {
  const fedora = machine(t, ["root/etc/pki/ca-trust/source/anchors/x"], { isRoot: false });
  assert.deepEqual(shown(stepsFor(fedora, WISH), fedora), [
    "the system: this needs root: run the commands with sudo in front",
    "install -m 644 /config/authority.crt /etc/pki/ca-trust/source/anchors/heddle-dev-1.crt",
    "update-ca-trust extract",
  ]);
  assert.match(stepsFor({ ...fedora, isRoot: true }, WISH)[0]!.missing!, /^there is no update-ca-trust: install/);
  const other = machine(t, []);
  assert.match(stepsFor(other, WISH)[0]!.missing!, /import \/config\/authority\.crt by hand$/);
});

test("stepsFor() finds the profiles of Chromium and Firefox", (t) => {
  const files = [
    "home/.pki/nssdb/cert9.db",
    "home/.mozilla/firefox/a.default/cert9.db",
    "home/.mozilla/firefox/b/prefs.js",
  ];
  const desktop = machine(t, [...files, "bin/certutil"]);
  assert.deepEqual(shown(stepsFor(desktop, WISH).slice(1), desktop), [
    "Chromium: ready",
    "certutil -d sql:~/.pki/nssdb -A -n heddle-dev-1 -t C,, -i /config/authority.crt",
    "Firefox (a.default): ready",
    "certutil -d sql:~/.mozilla/firefox/a.default -A -n heddle-dev-1 -t C,, -i /config/authority.crt",
  ]);
  const bare = machine(t, files);
  assert.match(
    stepsFor(bare, { ...WISH, isRemoval: true })[1]!.missing!,
    /^there is no certutil: install libnss3-tools/,
  );
});

test("stepsFor() asks the keychain of macOS", (t) => {
  const mac = machine(t, [], { platform: "darwin", isRoot: false });
  assert.deepEqual(shown(stepsFor(mac, WISH), mac), [
    "the keychain: ready",
    "security add-trusted-cert -r trustRoot /config/authority.crt",
  ]);
});
