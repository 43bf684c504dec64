import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LOCALHOST, LOCALHOST_RSA, tlsFixture } from "../../test/support/certificates.ts";
import { makeSite } from "../../test/support/site.ts";
import { type CertificateFiles, readCertificate } from "./certificate.ts";
import { decodeAll } from "./der.ts";

const KEY = readFileSync(LOCALHOST.key, "latin1");
const CERT = readFileSync(LOCALHOST.cert, "latin1");

/** A file with this content. */
function file(t: TestContext, content: string | Buffer): string {
  return join(makeSite(t, { file: content }), "file");
}

function password(t: TestContext, text = "heddle\n"): string {
  return file(t, text);
}

/** Constructed values with the mark of an end, and strings in two parts: as Firefox writes containers. */
function toBer(der: Buffer): Buffer {
  return Buffer.concat(
    decodeAll(der).map(({ tag, content }) => {
      const half = content.length >> 1;
      if (tag === 0x04)
        return marked(0x24, Buffer.concat([content.subarray(0, half), content.subarray(half)].map(octets)));
      if ((tag & 0x20) !== 0) return marked(tag, toBer(content));
      return short(tag, content);
    }),
  );
}

function octets(content: Buffer): Buffer {
  return short(0x04, content);
}

function short(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
}

function marked(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), content, Buffer.alloc(2)]);
}

const readable: [what: string, files: (t: TestContext) => CertificateFiles][] = [
  ["a certificate and its key", () => LOCALHOST],
  [
    "a key with a password",
    (t) => ({ ...LOCALHOST, key: tlsFixture("localhost-password.key"), passphraseFile: password(t) }),
  ],
  [
    "a key with a password, in the older form",
    (t) => ({ ...LOCALHOST, key: tlsFixture("localhost-password-ec.key"), passphraseFile: password(t) }),
  ],
  [
    "a password file without a line break, and one of Windows with a mark",
    (t) => ({
      ...LOCALHOST,
      key: tlsFixture("localhost-password.key"),
      passphraseFile: password(t, "\uFEFFheddle\r\n"),
    }),
  ],
  ["a password that no key needs", (t) => ({ ...LOCALHOST, passphraseFile: password(t) })],
  [
    "key and certificate in one file",
    (t) => {
      const one = file(t, KEY + CERT);
      return { cert: one, key: one };
    },
  ],
  [
    "files of Windows",
    (t) => ({
      cert: file(t, `\uFEFF${CERT.replaceAll("\n", "\r\n")}`),
      key: file(t, `\uFEFF${KEY.replaceAll("\n", "\r\n")}`),
    }),
  ],
  ["PKCS#12", (t) => ({ pfx: tlsFixture("localhost.pfx"), passphraseFile: password(t) })],
  [
    "PKCS#12 with 3DES, as Windows writes it",
    (t) => ({ pfx: tlsFixture("localhost-3des.pfx"), passphraseFile: password(t) }),
  ],
  ["PKCS#12 without encryption", () => ({ pfx: tlsFixture("localhost-open.pfx") })],
  [
    "PKCS#12 in BER",
    (t) => ({
      pfx: file(t, toBer(readFileSync(tlsFixture("localhost.pfx")))),
      passphraseFile: password(t),
    }),
  ],
];
for (const [what, files] of readable) {
  test(`readCertificate() reads ${what}`, async (t) => {
    const { cert, key, names, keyType } = await readCertificate(files(t));
    assert.deepEqual(names, ["localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"]);
    assert.equal(keyType, "ec");
    assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.match(cert, /^-----BEGIN CERTIFICATE-----\r?\n[^-]*-----END CERTIFICATE-----\n$/);
  });
}

test("readCertificate() gives the chain of PKCS#12 in order, the certificate of the server first", async (t) => {
  const { cert, names } = await readCertificate({ pfx: tlsFixture("chain.pfx"), passphraseFile: password(t) });
  assert.deepEqual(names, ["localhost"]);
  const [leaf, authority] = ["staple.pem", "server-ca.pem"].map((name) => readFileSync(tlsFixture(name), "latin1"));
  assert.equal(cert, `${leaf}${authority}`);
});

const refused: [what: string, files: (t: TestContext) => CertificateFiles, message: RegExp][] = [
  [
    "a password that is missing",
    () => ({ ...LOCALHOST, key: tlsFixture("localhost-password.key") }),
    /^tls\.key: found ".*" \(a private key with a password\), wanted .*passphraseFile$/,
  ],
  [
    "a password that is wrong",
    (t) => ({ ...LOCALHOST, key: tlsFixture("localhost-password.key"), passphraseFile: password(t, "x") }),
    /^tls\.key: .*wanted a private key that the password in passphraseFile opens$/,
  ],
  [
    "a password file that does not exist",
    () => ({ ...LOCALHOST, passphraseFile: "/none" }),
    /^tls\.passphraseFile: found "\/none", wanted a file that can be read \(no file has that name\)$/,
  ],
  ["a folder", () => ({ ...LOCALHOST, key: "/" }), /^tls\.key: .*\(it is a folder\)$/],
  [
    "an empty password file",
    (t) => ({ ...LOCALHOST, passphraseFile: password(t, "") }),
    /passphraseFile: .*\(an empty file\)/,
  ],
  [
    "an empty line in place of a password",
    (t) => ({ ...LOCALHOST, passphraseFile: password(t, "\nheddle") }),
    /passphraseFile: .*\(an empty first line\)/,
  ],
  [
    "a certificate in DER",
    () => ({ ...LOCALHOST, cert: tlsFixture("localhost.der") }),
    /^tls\.cert: .*\(a certificate in DER\), wanted a certificate in PEM .*: openssl x509 -inform der -in .*localhost\.der -out cert\.pem$/,
  ],
  [
    "a key in DER",
    () => ({ ...LOCALHOST, key: tlsFixture("localhost-key.der") }),
    /^tls\.key: .*\(a private key in DER\), .*: openssl pkey -inform der -in .*localhost-key\.der -out key\.pem$/,
  ],
  [
    "PKCS#12 as a certificate",
    () => ({ ...LOCALHOST, cert: tlsFixture("localhost.pfx") }),
    /\(PKCS#12\), .*give it as pfx/,
  ],
  ["PEM as PKCS#12", () => ({ pfx: LOCALHOST.cert }), /^tls\.pfx: .*\(no PKCS#12\), .*give cert and key$/],
  [
    "PKCS#12 without its password",
    () => ({ pfx: tlsFixture("localhost.pfx") }),
    /^tls\.pfx: .*wanted also passphraseFile$/,
  ],
  [
    "PKCS#12 with a wrong password",
    (t) => ({ pfx: tlsFixture("localhost.pfx"), passphraseFile: password(t, "x") }),
    /^tls\.pfx: .*PKCS#12 that the password in passphraseFile opens$/,
  ],
  [
    "PKCS#12 with RC2",
    (t) => ({ pfx: tlsFixture("localhost-rc2.pfx"), passphraseFile: password(t) }),
    /^tls\.pfx: .*\(its cipher is broken\), .*openssl pkcs12 -legacy -noenc -in .*localhost-rc2\.pfx -out server\.pem/,
  ],
  [
    "PKCS#12 without a key",
    (t) => ({ pfx: tlsFixture("no-key.pfx"), passphraseFile: password(t) }),
    /\(it has no private key\)/,
  ],
  [
    "PKCS#12 that is cut off",
    (t) => ({
      pfx: file(t, readFileSync(tlsFixture("localhost.pfx")).subarray(0, 500)),
      passphraseFile: password(t),
    }),
    /^tls\.pfx: .*\(no PKCS#12\)/,
  ],
  [
    "a request for a certificate",
    (t) => ({ ...LOCALHOST, cert: file(t, CERT.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST")) }),
    /\(a request for a certificate\), .*an authority answers it with one$/,
  ],
  [
    "a public key",
    (t) => ({ ...LOCALHOST, key: file(t, KEY.replaceAll("PRIVATE", "PUBLIC")) }),
    /\(a public key\), wanted a private/,
  ],
  [
    "a key of OpenSSH",
    (t) => ({ ...LOCALHOST, key: file(t, KEY.replaceAll("PRIVATE", "OPENSSH PRIVATE")) }),
    /\(a private key of OpenSSH\), .*ssh-keygen -p -m PKCS8 -f /,
  ],
  [
    "text in UTF-16",
    (t) => ({ ...LOCALHOST, cert: file(t, Buffer.from(`\uFEFF${CERT}`, "utf16le")) }),
    /\(text in UTF-16, .*save it as UTF-8$/,
  ],
  [
    "an empty file",
    (t) => ({ ...LOCALHOST, cert: file(t, "") }),
    /^tls\.cert: .*\(an empty file\), wanted a certificate in PEM/,
  ],
  [
    "a certificate that is half written",
    (t) => ({ ...LOCALHOST, cert: file(t, CERT.slice(0, 300)) }),
    /\(PEM that is cut off\)/,
  ],
  [
    "a chain that is half written",
    (t) => ({ ...LOCALHOST, cert: file(t, CERT + CERT.slice(0, 300)) }),
    /\(its last certificate is cut off\), wanted a whole file$/,
  ],
  [
    "a chain with a damaged certificate",
    (t) => ({ ...LOCALHOST, cert: file(t, CERT + CERT.replace(/\n.{64}\n/, "\n")) }),
    /\(its certificate number 2 is damaged\)/,
  ],
  [
    "a chain in the wrong order",
    (t) => {
      const [leaf, authority] = ["staple.pem", "server-ca.pem"].map((name) => readFileSync(tlsFixture(name), "latin1"));
      return { cert: file(t, `${authority}${leaf}`), key: tlsFixture("staple.key") };
    },
    /^tls\.cert: .*\(the one that belongs to the key is number 2\), wanted the certificate of the server first/,
  ],
  [
    "a key of another kind",
    () => ({ ...LOCALHOST, key: LOCALHOST_RSA.key }),
    /the private key of the certificate in .*localhost\.pem$/,
  ],
  [
    "a key that is too short",
    () => ({ cert: tlsFixture("short.pem"), key: tlsFixture("short.key") }),
    /^tls\.cert: .*\(ee key too small\), wanted a certificate that OpenSSL takes/,
  ],
];
for (const [what, files, message] of refused) {
  test(`readCertificate() refuses ${what}, and says what to do`, async (t) => {
    await assert.rejects(readCertificate(files(t)), { message });
  });
}

test("readCertificate() warns of what clients refuse", async () => {
  const warningsOf = async (name: string): Promise<readonly string[]> =>
    (await readCertificate({ cert: tlsFixture(`${name}.pem`), key: tlsFixture(`${name}.key`) })).warnings;
  assert.deepEqual(await warningsOf("localhost"), []);
  assert.match((await warningsOf("staple")).join(), /staple\.pem, because it demands OCSP stapling \(RFC 7633\)/);
  assert.match((await warningsOf("ed25519")).join(), /^browsers refuse .*ed25519: take P-256$/);
});
