// Whatever a client sends, in whatever pieces: content comes out as it was sealed, in order, until the first mistake, and
// then an alert. Nothing throws.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { AES_128, NODE_RECORDS } from "../../test/support/node-records.ts";
import { Tls13Peer } from "../../test/support/tls13-peer.ts";
import { APPLICATION_DATA, HANDSHAKE, RECORD_LIMIT_BYTES, RecordLayer } from "./record-layer.ts";

/** As much as one receive gives. */
const RECEIVE_LIMIT_BYTES = 32 * 1024;

type Action =
  | { readonly kind: "content"; readonly length: number; readonly padding: number }
  | { readonly kind: "update"; readonly request: number; readonly isCut: boolean }
  | { readonly kind: "mistake"; readonly bytes: Uint8Array };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("content"), length: fc.nat(600), padding: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("content"), length: fc.nat(2 ** 14 - 100), padding: fc.nat(100) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("update"), request: fc.nat(1), isCut: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mistake"), bytes: fc.uint8Array({ maxLength: 60 }) }) },
) as fc.Arbitrary<Action>;

/** @returns the bytes of the actions, and the content that comes before the first mistake */
function carryOut(actions: readonly Action[], peer: Tls13Peer): { bytes: Buffer; content: Buffer; isRight: boolean } {
  const records: Buffer[] = [];
  const content: Buffer[] = [];
  let isRight = true;
  for (const one of actions) {
    switch (one.kind) {
      case "content": {
        const data = randomBytes(one.length);
        records.push(peer.seal(APPLICATION_DATA, data, one.padding));
        if (isRight) content.push(data);
        break;
      }
      case "update":
        if (!one.isCut) records.push(peer.keyUpdate(one.request));
        else {
          records.push(peer.seal(HANDSHAKE, [24, 0, 0]), peer.seal(HANDSHAKE, [1, one.request]));
          peer.updateWriting();
        }
        break;
      case "mistake":
        // A header that makes the next records a part of this one, and a type that no record may have.
        records.push(Buffer.from([99, 3, 3, 0, one.bytes.length, ...one.bytes]));
        isRight = false;
        break;
      default:
        one satisfies never;
    }
  }
  return { bytes: Buffer.concat(records), content: Buffer.concat(content), isRight };
}

test("RecordLayer gives what was sealed, whatever the records are and however they arrive", () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 3000 })),
      (actions, sizes) => {
        const [readSecret, writeSecret] = [randomBytes(32), randomBytes(32)];
        const peer = new Tls13Peer(AES_128, Buffer.from(readSecret), Buffer.from(writeSecret));
        const layer = new RecordLayer({ suite: AES_128, readSecret, writeSecret, writtenCount: 0 }, NODE_RECORDS);
        const { bytes, content, isRight } = carryOut(actions, peer);
        const memory = { bytes: Buffer.alloc(RECORD_LIMIT_BYTES + RECEIVE_LIMIT_BYTES) };
        const opened = { bytes: Buffer.alloc(memory.bytes.length) };
        const found: Buffer[] = [];
        for (let at = 0; at < bytes.length && layer.state === "open"; ) {
          const end = Math.min(bytes.length, at + sizes.next().value!);
          const start = layer.restore(memory);
          bytes.copy(memory.bytes, start, at, end);
          found.push(Buffer.from(opened.bytes.subarray(0, layer.open(memory, start + end - at, opened))));
          at = end;
        }
        const whole = Buffer.concat(found);
        assert.equal(layer.state, isRight ? "open" : "failed");
        // What comes in the same receive as a mistake is not given.
        assert.deepEqual(whole, isRight ? content : content.subarray(0, whole.length));
        // The peer can open every answer, and an update of our key is followed by its new key.
        const record = { bytes: Buffer.alloc(100) };
        while (layer.hasAnswer) {
          const [type, message] = peer.open(record.bytes.subarray(0, layer.sealAnswer(record, 0)));
          if (type === HANDSHAKE && message[0] === 24) peer.updateReading();
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("RecordLayer takes any bytes at all without throwing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const secrets = { readSecret: Buffer.alloc(32, 1), writeSecret: Buffer.alloc(32, 2) };
      const layer = new RecordLayer({ suite: AES_128, ...secrets, writtenCount: 0 }, NODE_RECORDS);
      const memory = { bytes: Buffer.alloc(RECORD_LIMIT_BYTES + noise.length) };
      memory.bytes.set(noise);
      assert.equal(layer.open(memory, noise.length, { bytes: Buffer.alloc(memory.bytes.length) }), 0);
      assert.notEqual(layer.state, "ended");
    }),
    { numRuns: 2000 },
  );
});
