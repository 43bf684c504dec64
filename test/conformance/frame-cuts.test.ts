// The engine gives the same events and frames for the generated sequences of frame-generator.ts, wherever their bytes are cut:
// byte by byte, and in two parts at every place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSequence } from "../support/frame-generator.ts";
import { Dialogue } from "../support/http2.ts";
import { Random } from "../support/request-generator.ts";

const SEQUENCE_COUNT = Number(process.env["HEDDLE_HTTP2_CUTS"] ?? 250);
const SEED = 20_260_404;
/** Longer ones have a frame of 16 KiB, and are cut byte by byte only. */
const CUT_LIMIT_BYTES = 1000;
/** One in so many is cut at every place. */
const CUT_SHARE = 25;

test(`Http2Connection reads ${SEQUENCE_COUNT} sequences of seed ${SEED} the same, wherever they are cut`, (t) => {
  const random = new Random(SEED);
  let cutCount = 0;
  for (let index = 0; index < SEQUENCE_COUNT; index++) {
    const bytes = generateSequence(random);
    const answers = random.pick(["head", "end"] as const);
    const whole = told(new Dialogue({ answers }).receive(bytes));
    assert.deepEqual(told(new Dialogue({ answers }).receiveBytewise(bytes)), whole, bytes.toString("hex"));
    if (index % CUT_SHARE !== 0 || bytes.length > CUT_LIMIT_BYTES) continue;
    for (let at = 1; at < bytes.length; at++, cutCount++) {
      const cut = new Dialogue({ answers }).receive(bytes.subarray(0, at)).receive(bytes.subarray(at));
      assert.deepEqual(told(cut), whole, `at ${at} of ${bytes.toString("hex")}`);
    }
  }
  t.diagnostic(`${cutCount} cuts in two`);
  assert.ok(cutCount > SEQUENCE_COUNT, "few sequences were cut in two");
});

/** How many bytes are dropped after the end, up to "closed", depends on where they were cut. */
function told({ events, frames, connection }: Dialogue): object {
  return { events: events.filter((line) => line !== "closed"), frames, problem: connection.problem };
}
