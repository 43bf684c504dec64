import assert from "node:assert/strict";
import { test } from "node:test";
import { readNetwork } from "./client-network.ts";

function networkOf(address: string): string | undefined {
  const network = { high: 0, low: 0 };
  if (!readNetwork(address, network)) return undefined;
  return [network.high, network.low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(":");
}

const cases: [address: string, network: string | undefined][] = [
  ["192.0.2.1", "0000ffff:c0000201"],
  ["255.255.255.255", "0000ffff:ffffffff"],
  ["::ffff:192.0.2.1", "0000ffff:c0000201"],
  ["::ffff:c000:201", "0000ffff:c0000201"],
  ["::1", "00000000:00000000"],
  ["::", "00000000:00000000"],
  ["2001:db8:1:2:3:4:5:6", "20010db8:00010002"],
  ["2001:db8:1:2::6", "20010db8:00010002"],
  ["2001:db8::6", "20010db8:00000000"],
  ["2001:DB8::ABCD:6", "20010db8:00000000"],
  ["1::2:3:4:5:6:7", "00010000:00020003"],
  ["fe80::1%eth0", "fe800000:00000000"],
  ["", undefined],
  ["nowhere", undefined],
  ["192.0.2", undefined],
  ["192.0.2.256", undefined],
  ["192.0..2", undefined],
  ["192.0.2.1.5", undefined],
  ["1:2:3", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["::12345", undefined],
  ["g::1", undefined],
];
for (const [address, network] of cases) {
  test(`readNetwork() takes ${address === "" ? "nothing" : address} for ${network ?? "no address"}`, () => {
    assert.equal(networkOf(address), network);
  });
}
