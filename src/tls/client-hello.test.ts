import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import fc from "fast-check";
import { type ClientHello, protocolsIn, readClientHello, serverNameIn } from "./client-hello.ts";

/** What a client sends first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const [near, far] = duplexPair();
  const socket = connect({ socket: near, ...options }).on("error", () => {});
  const [bytes] = (await once(far, "data")) as [Buffer];
  socket.destroy();
  return bytes;
}

const cases: [what: string, options: ConnectionOptions, hello: ClientHello][] = [
  ["a name", { servername: "Example.COM." }, { serverName: "Example.COM.", protocols: [] }],
  ["no name", { servername: "" }, { serverName: undefined, protocols: [] }],
  [
    "protocols",
    { servername: "a.test", ALPNProtocols: ["h2", "http/1.1"] },
    { serverName: "a.test", protocols: ["h2", "http/1.1"] },
  ],
  ["TLS 1.2 alone", { servername: "a.test", maxVersion: "TLSv1.2" }, { serverName: "a.test", protocols: [] }],
];
for (const [what, options, wanted] of cases) {
  test(`readClientHello() reads the hello of a client with ${what}`, async () => {
    assert.deepEqual(readClientHello(await helloOf(options)), wanted);
  });
}

/** The same message in records of other lengths. */
function inRecords(hello: Buffer, lengths: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  let start = 0;
  for (const length of [...lengths, message.length]) {
    const part = message.subarray(start, start + length);
    start += part.length;
    if (part.length > 0) records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

test("readClientHello() asks for more until the last byte, however the hello is cut into records", async () => {
  const hello = await helloOf({ servername: "example.com", ALPNProtocols: ["acme-tls/1"] });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 6 }), fc.nat(), (lengths, seed) => {
      const bytes = inRecords(hello, lengths);
      const end = seed % bytes.length;
      const wanted = readClientHello(bytes.subarray(0, end));
      assert.ok(typeof wanted === "number" && wanted > end && wanted <= bytes.length);
      assert.deepEqual(readClientHello(bytes), { serverName: "example.com", protocols: ["acme-tls/1"] });
    }),
    { numRuns: 2_000 },
  );
});

test("readClientHello() neither throws nor waits without end, whatever the bytes are", async () => {
  const hello = await helloOf({ servername: "example.com", ALPNProtocols: ["http/1.1"] });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
      const bytes = Buffer.from(hello);
      for (const [at, value] of changes) bytes[at] = value;
      const found = readClientHello(bytes);
      if (typeof found === "number") assert.ok(found > bytes.length && found <= 8 * (5 + 2 ** 14));
    }),
    { numRuns: 5_000 },
  );
});

test("readClientHello() gives up a hello in a great many records", async () => {
  const hello = await helloOf({ servername: "example.com" });
  const tiny = inRecords(hello, new Array<number>(40).fill(1));
  assert.equal(readClientHello(tiny), undefined);
});

test("a name and protocols that are malformed are none", () => {
  for (const text of ["", "0003000001", "000401000141", "0004010001410a", "00040000020141"]) {
    assert.equal(serverNameIn(Buffer.from(text, "hex")), undefined, text);
  }
  for (const text of ["", "0002", "00030341", "000203414243"]) {
    assert.deepEqual(protocolsIn(Buffer.from(text, "hex")), [], text);
  }
  assert.equal(serverNameIn(Buffer.from("000400000161", "hex")), "a");
});
