// A browser whose profile trusts the authority behind `tls: "dev"` shows a secure page. Needs certutil (libnss3-tools), which
// changes the profile.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { openAuthority, publishCertificate } from "../src/local-authority/authority.ts";
import { localAuthorityFolder } from "../src/local-authority/places.ts";
import { stepsFor } from "../src/local-authority/stores.ts";
import { launchChromium } from "./support/chromium.ts";
import { startServer } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const path = process.env["PATH"] ?? "";
const hasCertutil = path.split(delimiter).some((folder) => existsSync(join(folder, "certutil")));
const isLinux = process.platform === "linux";

test('Chromium shows a secure page with tls: "dev", once its profile trusts the authority', {
  skip: isLinux && hasCertutil ? false : "there is no certutil: install libnss3-tools",
}, async (t) => {
  const home = makeSite(t, {});
  const before = { HOME: process.env["HOME"], XDG_CONFIG_HOME: process.env["XDG_CONFIG_HOME"] };
  Object.assign(process.env, { HOME: home, XDG_CONFIG_HOME: join(home, "config") });
  t.after(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const profile = join(home, ".pki/nssdb");
  mkdirSync(profile, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${profile}`, "-N", "--empty-password"]);

  const server = await startServer(t, { root: makeSite(t, { "index.html": "secure" }), tls: "dev", host: "localhost" });
  await assert.rejects(open(server.url), /ERR_CERT_AUTHORITY_INVALID/);

  const folder = localAuthorityFolder();
  const { certificate } = await openAuthority(folder, Date.now());
  const file = await publishCertificate(folder, { certificate });
  const machine = { platform: process.platform, isRoot: false, home, path };
  const step = stepsFor(machine, { file, name: "heddle-dev-test", isRemoval: false }).find(
    ({ store }) => store === "Chromium",
  );
  for (const [program, ...words] of step!.commands) execFileSync(program!, words);
  assert.deepEqual(await open(server.url), { status: 200, isSecure: true, subject: "localhost" });
});

async function open(url: string): Promise<{ status: number; isSecure: boolean; subject: string | undefined }> {
  await using browser = await launchChromium();
  const page = await browser.newPage();
  const response = await page.goto(url);
  const details = await response!.securityDetails();
  const isSecure = await page.evaluate<boolean>("isSecureContext");
  return { status: response!.status(), isSecure, subject: details?.subjectName };
}
