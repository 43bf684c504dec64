// Records by the traces of RFC 8448 §3, and records of a client of our own that does what it likes. Both are sealed and
// opened by node:crypto here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AES_128, type Memory, NODE_RECORDS } from "../../test/support/node-records.ts";
import { decrypt, Tls13Peer } from "../../test/support/tls13-peer.ts";
import { ivOf, keyOf } from "./key-schedule.ts";
import {
  ALERT,
  APPLICATION_DATA,
  HANDSHAKE,
  type HandshakeResult,
  RECORD_LIMIT_BYTES,
  RecordLayer,
} from "./record-layer.ts";

const CHANGE_CIPHER_SPEC = 20;

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

// RFC 8448 §3.
const CLIENT_SECRET = hex(
  "9e 40 64 6c e7 9a 7f 9d c0 5a f8 88 9b ce 65 52 87 5a fa 0b 06 df 00 87 f7 92 eb b7 c1 75 04 a5",
);
const SERVER_SECRET = hex(
  "a1 1a f9 f0 55 31 f8 56 ad 47 11 6b 45 a9 50 32 82 04 b4 f4 4b fb 6b 3a 4b 4f 1f 3f cb 63 16 43",
);
const DATA: Buffer = Buffer.from(Array.from({ length: 50 }, (_, index) => index));
const CLIENT_DATA =
  hex(`17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98
  19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`);
const SERVER_DATA =
  hex(`17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82 aa 1b 36 e3 0e
  fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d`);
const CLIENT_CLOSE = hex("17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3");
const SERVER_CLOSE = hex("17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9");

function newLayer(recordLimitCount?: number, result: Partial<HandshakeResult> = {}): RecordLayer<Buffer, Memory> {
  const whole = {
    suite: AES_128,
    readSecret: Buffer.from(CLIENT_SECRET),
    writeSecret: Buffer.from(SERVER_SECRET),
    writtenCount: 0,
    ...result,
  };
  return new RecordLayer(whole, NODE_RECORDS, recordLimitCount);
}

function newMemory(): Memory {
  return { bytes: Buffer.alloc(4 * RECORD_LIMIT_BYTES) };
}

/** Gives bytes as one receive does. @returns the content that came of them */
function give(layer: RecordLayer<Buffer, Memory>, bytes: Buffer): Buffer {
  const received = newMemory();
  const content = newMemory();
  const start = layer.restore(received);
  bytes.copy(received.bytes, start);
  return content.bytes.subarray(0, layer.open(received, start + bytes.length, content));
}

function seal(layer: RecordLayer<Buffer, Memory>, content: Buffer): Buffer {
  const record = newMemory();
  return record.bytes.subarray(0, layer.seal(content, content.length, record, 0));
}

function answers(layer: RecordLayer<Buffer, Memory>): Buffer[] {
  const records: Buffer[] = [];
  while (layer.hasAnswer) {
    const record = newMemory();
    records.push(record.bytes.subarray(0, layer.sealAnswer(record, 0)));
  }
  return records;
}

function newPeer(): Tls13Peer {
  return new Tls13Peer(AES_128, CLIENT_SECRET, SERVER_SECRET);
}

/** The layer has ended the connection with this alert, which the peer can open. */
function assertFailed(layer: RecordLayer<Buffer, Memory>, peer: Tls13Peer, alert: number): void {
  assert.equal(layer.state, "failed");
  const sent = answers(layer);
  assert.equal(sent.length, 1);
  assert.deepEqual(peer.open(sent[0]!), [ALERT, Buffer.from([2, alert])]);
}

test("RecordLayer opens and seals the records of RFC 8448 §3", () => {
  const layer = newLayer(undefined, { writtenCount: 1 });
  assert.deepEqual(give(layer, CLIENT_DATA), DATA);
  assert.deepEqual(seal(layer, DATA), SERVER_DATA);
  assert.equal(give(layer, CLIENT_CLOSE).length, 0);
  assert.equal(layer.state, "ended");
  layer.end();
  assert.deepEqual(answers(layer), [SERVER_CLOSE]);
});

test("RecordLayer opens records that are cut anywhere", () => {
  const peer = newPeer();
  const bytes = Buffer.concat([peer.seal(APPLICATION_DATA, DATA), peer.seal(APPLICATION_DATA, DATA.subarray(7))]);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const layer = newLayer();
    const content = [give(layer, bytes.subarray(0, cut)), give(layer, bytes.subarray(cut))];
    assert.deepEqual(Buffer.concat(content), Buffer.concat([DATA, DATA.subarray(7)]));
  }
  const layer = newLayer();
  const content = Array.from(bytes, (_, index) => Buffer.from(give(layer, bytes.subarray(index, index + 1))));
  assert.deepEqual(Buffer.concat(content), Buffer.concat([DATA, DATA.subarray(7)]));
});

test("RecordLayer opens the largest record, with and without padding, and nothing larger", () => {
  const peer = newPeer();
  const layer = newLayer();
  const largest = Buffer.alloc(2 ** 14, "x");
  assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, largest)), largest);
  assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, DATA, 2 ** 14 - DATA.length)), DATA);
  assert.equal(give(layer, peer.seal(APPLICATION_DATA, Buffer.alloc(2 ** 14 + 1, "x"))).length, 0);
  assertFailed(layer, peer, 22);
});

test("RecordLayer refuses a length beyond the limit when the header has come", () => {
  const layer = newLayer();
  give(layer, Buffer.from([23, 3, 3, 0x41, 0x01]));
  assertFailed(layer, newPeer(), 22);
});

test("RecordLayer takes a record without content, and not too many of them", () => {
  const peer = newPeer();
  const layer = newLayer();
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 32; count++) assert.equal(give(layer, peer.seal(APPLICATION_DATA, [])).length, 0);
    assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, DATA)), DATA);
  }
  for (let count = 0; count < 33; count++) give(layer, peer.seal(APPLICATION_DATA, []));
  assertFailed(layer, peer, 10);
});

const mistakes: [what: string, record: (peer: Tls13Peer) => Buffer, alert: number][] = [
  ["padding alone", (peer) => peer.seal(0, [], 20), 10],
  ["an unknown type", (peer) => peer.seal(99, DATA), 10],
  ["change_cipher_spec, protected", (peer) => peer.seal(CHANGE_CIPHER_SPEC, [1]), 10],
  ["change_cipher_spec, after the handshake", () => Buffer.from([CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1]), 10],
  ["an alert that is not protected", () => Buffer.from([ALERT, 3, 3, 0, 2, 1, 0]), 10],
  ["padding beyond the limit", (peer) => peer.seal(APPLICATION_DATA, DATA, 2 ** 14 + 1 - DATA.length), 22],
  ["a record that is too short for a tag", () => Buffer.from([23, 3, 3, 0, 16, ...Buffer.alloc(16)]), 20],
  ["a record that was changed", (peer) => flip(peer.seal(APPLICATION_DATA, DATA), 20), 20],
  ["a header that was changed", (peer) => flip(peer.seal(APPLICATION_DATA, DATA), 1), 20],
  ["a tag that was changed", (peer) => flip(peer.seal(APPLICATION_DATA, DATA), -1), 20],
  ["a record again", (peer) => twice(peer.seal(APPLICATION_DATA, DATA)), 20],
  ["an alert without a byte", (peer) => peer.seal(ALERT, []), 10],
  ["an alert of one byte", (peer) => peer.seal(ALERT, [1]), 50],
  ["an alert of three bytes", (peer) => peer.seal(ALERT, [1, 0, 0]), 50],
  ["a handshake message without a byte", (peer) => peer.seal(HANDSHAKE, []), 10],
  ["a new ClientHello", (peer) => peer.seal(HANDSHAKE, [1, 0, 0, 1, 0]), 10],
  ["a certificate that was not asked for", (peer) => peer.seal(HANDSHAKE, [11, 0, 0, 1, 0]), 10],
  ["an update of a key with an unknown request", (peer) => peer.seal(HANDSHAKE, [24, 0, 0, 1, 2]), 47],
  ["an update of a key that is too long", (peer) => peer.seal(HANDSHAKE, [24, 0, 0, 2, 0, 0]), 50],
  ["an update of a key that is empty", (peer) => peer.seal(HANDSHAKE, [24, 0, 0, 0]), 50],
  ["two updates of a key in a record", (peer) => peer.seal(HANDSHAKE, [24, 0, 0, 1, 0, 24, 0, 0, 1, 0]), 10],
  [
    "content between the parts of a message",
    (peer) => Buffer.concat([peer.seal(HANDSHAKE, [24, 0]), peer.seal(APPLICATION_DATA, DATA)]),
    10,
  ],
];
for (const [what, record, alert] of mistakes) {
  test(`RecordLayer ends the connection for ${what}, by alert ${alert}`, () => {
    const peer = newPeer();
    const layer = newLayer();
    assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, DATA)), DATA);
    give(layer, record(peer));
    // What follows a mistake is not looked at.
    assert.equal(give(layer, peer.seal(APPLICATION_DATA, DATA)).length, 0);
    assertFailed(layer, peer, alert);
  });
}

function flip(record: Buffer, index: number): Buffer {
  record[index < 0 ? record.length + index : index]! ^= 1;
  return record;
}

function twice(record: Buffer): Buffer {
  return Buffer.concat([record, record]);
}

test("RecordLayer gives no content of a receive that ends with a mistake", () => {
  const peer = newPeer();
  const layer = newLayer();
  assert.equal(give(layer, Buffer.concat([peer.seal(APPLICATION_DATA, DATA), peer.seal(99, [])])).length, 0);
  assertFailed(layer, peer, 10);
});

test("RecordLayer ends for any other alert, without an answer", () => {
  const peer = newPeer();
  const layer = newLayer();
  give(layer, peer.seal(ALERT, [1, 90])); // user_canceled only announces the end
  assert.equal(layer.state, "open");
  give(layer, peer.seal(ALERT, [1, 100]));
  assert.equal(layer.state, "failed");
  assert.deepEqual(answers(layer), []);
});

test("RecordLayer gives what came before close_notify, and nothing that follows it", () => {
  const peer = newPeer();
  const layer = newLayer();
  const records = [peer.seal(APPLICATION_DATA, DATA), peer.seal(ALERT, [1, 0]), peer.seal(APPLICATION_DATA, DATA)];
  assert.deepEqual(give(layer, Buffer.concat(records)), DATA);
  assert.equal(layer.state, "ended");
  assert.deepEqual(peer.open(seal(layer, DATA)), [APPLICATION_DATA, DATA]);
});

test("RecordLayer updates keys when the peer does, and its own when it is asked", () => {
  const peer = newPeer();
  const layer = newLayer();
  const first = Buffer.concat([peer.keyUpdate(0), peer.seal(APPLICATION_DATA, DATA)]);
  assert.deepEqual(give(layer, first), DATA);
  assert.equal(layer.hasAnswer, false);
  assert.deepEqual(peer.open(seal(layer, DATA)), [APPLICATION_DATA, DATA]);

  // Two requests at once get one answer.
  give(layer, Buffer.concat([peer.keyUpdate(1), peer.keyUpdate(1)]));
  const [answer, ...others] = answers(layer);
  assert.equal(others.length, 0);
  assert.deepEqual(peer.open(answer!), [HANDSHAKE, Buffer.from([24, 0, 0, 1, 0])]);
  peer.updateReading();
  assert.deepEqual(peer.open(seal(layer, DATA)), [APPLICATION_DATA, DATA]);
  assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, DATA)), DATA);
});

test("RecordLayer takes an update of a key whose message is cut into records", () => {
  const peer = newPeer();
  const layer = newLayer();
  for (const byte of [24, 0, 0, 1, 1]) give(layer, peer.seal(HANDSHAKE, [byte]));
  peer.updateWriting();
  assert.equal(answers(layer).length, 1);
  assert.deepEqual(give(layer, peer.seal(APPLICATION_DATA, DATA)), DATA);
});

test("RecordLayer takes only so many updates of keys without content", () => {
  const peer = newPeer();
  const layer = newLayer();
  for (let count = 0; count < 33; count++) give(layer, peer.keyUpdate(0));
  assertFailed(layer, peer, 10);
});

test("RecordLayer updates a key that was used enough, and asks the peer to do so", () => {
  const peer = newPeer();
  const layer = newLayer(3);
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 3; count++) {
      assert.equal(layer.hasAnswer, false);
      assert.deepEqual(peer.open(seal(layer, DATA)), [APPLICATION_DATA, DATA]);
    }
    const [update] = answers(layer);
    assert.deepEqual(peer.open(update!), [HANDSHAKE, Buffer.from([24, 0, 0, 1, 0])]);
    peer.updateReading();
  }
  for (let count = 0; count < 5; count++) give(layer, peer.seal(APPLICATION_DATA, DATA));
  const [request, ...others] = answers(layer);
  assert.equal(others.length, 0);
  assert.deepEqual(peer.open(request!), [HANDSHAKE, Buffer.from([24, 0, 0, 1, 1])]);
  peer.updateReading();
  assert.deepEqual(give(layer, Buffer.concat([peer.keyUpdate(0), peer.seal(APPLICATION_DATA, DATA)])), DATA);
  assert.equal(layer.hasAnswer, false);
});

test("RecordLayer counts records beyond 32 bits in the nonce", () => {
  const numbers = [2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5];
  for (const number of numbers) {
    const layer = newLayer(Number.POSITIVE_INFINITY, { writtenCount: number });
    const nonce = ivOf(SERVER_SECRET, AES_128);
    const last = nonce.readBigUInt64BE(4) ^ BigInt(number);
    nonce.writeBigUInt64BE(last, 4);
    const opened = decrypt(AES_128, keyOf(SERVER_SECRET, AES_128), nonce, seal(layer, DATA));
    assert.deepEqual(opened, Buffer.concat([DATA, Buffer.from([APPLICATION_DATA])]));
  }
});

test("RecordLayer wipes its secrets", () => {
  const readSecret = Buffer.from(CLIENT_SECRET);
  const writeSecret = Buffer.from(SERVER_SECRET);
  const layer = newLayer(undefined, { readSecret, writeSecret });
  give(layer, newPeer().keyUpdate(0));
  assert.deepEqual(readSecret, Buffer.alloc(32), "the secret before an update");
  layer.free();
  assert.deepEqual(writeSecret, Buffer.alloc(32));
});
