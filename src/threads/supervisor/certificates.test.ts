// What is said when the folder of the certificates that the server makes or gets by itself cannot be written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Certificates } from "./certificates.ts";

const FILE = "/state/dev/server.pem";
const WANTED = "a place for keys and certificates that can be written";

const rows: [error: { code: string; path?: string }, found: string, reason: string][] = [
  [{ code: "EACCES", path: "/state" }, "/state", "this user may not write there"],
  [{ code: "ENOSPC" }, "/state/dev", "no space is left there"],
  [{ code: "ENOTDIR", path: "/state/dev" }, "/state/dev", "a file is in its way"],
  [{ code: "EIO" }, "/state/dev", "EIO"],
];

for (const [details, found, reason] of rows) {
  test(`Certificates say that "${found}" cannot be written because of ${details.code}`, async () => {
    await assert.rejects(certificates(Object.assign(new Error("why"), details)).readFirst(), {
      name: "OptionError",
      message: `tls: found "${found}", wanted ${WANTED} (${reason})`,
    });
  });
}

for (const error of [new Error("ours"), Object.assign(new Error("ours"), { code: "ERR_INVALID_ARG_TYPE" })]) {
  test(`Certificates throw a mistake of ours as it is: ${Reflect.get(error, "code") ?? "without a code"}`, async () => {
    await assert.rejects(certificates(error).readFirst(), error);
  });
}

/** Of a server whose keeper fails. */
function certificates(error: Error): Certificates {
  const nothing = async (): Promise<void> => {};
  const keeper = { prepare: () => Promise.reject(error), begin: () => {}, end: nothing };
  return new Certificates([{ cert: FILE, key: FILE }], undefined, async () => keeper, "tls");
}
