import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { BoundSocket } from "node:net";
import { devNull } from "node:os";
import { test } from "node:test";

if (process.platform === "linux") {
  const { holdOff } = await import("./hold.ts");
  const { libc } = await import("../../linux/libc.ts");
  const { bindMultipath, findMptcpObstacle } = await import("../../linux/mptcp.ts");

  test("holdOff() ends once: a second call closes nothing of others", { skip: findMptcpObstacle() }, (t) => {
    using bound = new BoundSocket({ host: "127.0.0.1" });
    const fd = bindMultipath(bound.fd());
    t.after(() => libc.close(fd));
    bound.close();
    assert.equal(libc.listen(fd, 8), 0);
    const end = holdOff(fd);
    assert.ok(end);
    end();
    // One of them gets the number that has become free.
    const others = Array.from({ length: 16 }, () => openSync(devNull, "r"));
    end();
    for (const other of others) {
      fstatSync(other);
      closeSync(other);
    }
  });
}
