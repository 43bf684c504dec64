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
  const binding = new Binding({ mptcp: { bindMultipath, findMptcpObstacle: () => "net.mptcp.enabled is 0" } });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof BoundSocket);
  assert.equal(binding.obstacle, "net.mptcp.enabled is 0");
});

test("Binding goes on with plain TCP where the address cannot be bound for Multipath TCP, and says why", () => {
  const bindMultipath = (): number => {
    throw new Error("bind: EACCES");
  };
  const binding = new Binding({ mptcp: { bindMultipath, findMptcpObstacle: () => undefined } });
  for (const _ of [1, 2]) {
    using bound = binding.bind(wanted);
    assert.ok(bound instanceof BoundSocket && bound.address().port > 0);
    assert.equal(binding.obstacle, "bind: EACCES");
  }
});

test("Binding that has made a socket for Multipath TCP tries again after an error, and tells of it", () => {
  let callCount = 0;
  const bindMultipath = (): number => {
    if (++callCount === 2) throw new Error("socket: EMFILE");
    return openSync(devNull, "r");
  };
  const warnings: string[] = [];
  const binding = new Binding({
    mptcp: { bindMultipath, findMptcpObstacle: () => undefined },
    onWarning: (text) => warnings.push(text),
  });
  using first = binding.bind(wanted);
  using second = binding.bind(wanted);
  using third = binding.bind(wanted);
  assert.deepEqual(
    [first, second, third].map((bound) => bound instanceof DescriptorSocket),
    [true, false, true],
  );
  assert.deepEqual(warnings, [
    `mptcp: a socket at 127.0.0.1 port ${second.address().port} is for plain TCP, because one for Multipath TCP could not be made ` +
      "(socket: EMFILE): restart the server to try again",
  ]);
});

test("Binding gives the socket that was made at the address, and closes the one that found it", () => {
  const bindMultipath = (): number => openSync(devNull, "r");
  const binding = new Binding({ mptcp: { bindMultipath, findMptcpObstacle: () => undefined } });
  using bound = binding.bind(wanted);
  assert.ok(bound instanceof DescriptorSocket);
  const { address, port } = bound.address();
  new BoundSocket({ host: address, port }).close();
});
