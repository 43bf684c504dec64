import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { BoundSocket } from "node:net";
import { devNull } from "node:os";
import { test } from "node:test";
import { Binding, DescriptorSocket } from "./binding.ts";

const wanted = { host: "127.0.0.1", port: 0 };

test("Binding makes sockets of plain TCP, and needs no reason for it, where nothing else is wanted", async () => {
  const binding = await Binding.choose({ mptcp: "off" });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof BoundSocket);
  assert.equal(binding.obstacle, undefined);
});

test("Binding makes sockets of plain TCP where the system has no others", () => {
  const bindMultipath = (): number => assert.fail("the system was asked again");
  const binding = new Binding({ bindMultipath, findMptcpObstacle: () => "net.mptcp.enabled is 0" });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof BoundSocket);
  assert.equal(binding.obstacle, "net.mptcp.enabled is 0");
});

test("Binding goes on with plain TCP where the address cannot be bound for Multipath TCP, and says why", () => {
  const bindMultipath = (): number => {
    throw new Error("bind: EACCES");
  };
  const binding = new Binding({ bindMultipath, findMptcpObstacle: () => undefined });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof BoundSocket && bound.address().port > 0);
  assert.equal(binding.obstacle, "bind: EACCES");
});

test("Binding gives the socket that was made at the address, and closes the one that found it", () => {
  const bindMultipath = (): number => openSync(devNull, "r");
  const binding = new Binding({ bindMultipath, findMptcpObstacle: () => undefined });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof DescriptorSocket);
  const { address, port } = bound.address();
  new BoundSocket({ host: address, port }).close();
});
