// The unit and the socket by systemd's own tools, and sockets that systemd-socket-activate hands over.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { makeSite } from "../support/site.ts";
import { DEPLOY, ENVIRONMENT, missing, read, run } from "./programs.ts";

/** As `systemd-analyze security` counts: 0 is safe, 10 is not. A unit without any setting has 9.6. */
const EXPOSURE_LIMIT = 1.3;

/** The units with a program that is here: the check looks for it. */
function units(t: TestContext): string[] {
  const program = process.execPath;
  const folder = makeSite(t, {
    "heddle.service": read("heddle.service").replace("/usr/local/bin/heddle", program),
    "heddle.socket": read("heddle.socket"),
  });
  return ["heddle.service", "heddle.socket"].map((name) => join(folder, name));
}

test("systemd-analyze verifies the unit and the socket", { skip: missing("systemd-analyze") }, async (t) => {
  // No page of heddle is installed here.
  assert.deepEqual(await run("systemd-analyze", ["verify", "--man=no", ...units(t)]), { stdout: "", stderr: "" });
});

test(`the exposure of the unit is ${EXPOSURE_LIMIT}`, { skip: missing("systemd-analyze") }, async (t) => {
  const { stdout } = await run("systemd-analyze", ["security", "--offline=true", units(t)[0]!]);
  const [, exposure = ""] = /Overall exposure level for heddle\.service: ([\d.]+) /.exec(stdout)!;
  assert.ok(Number(exposure) <= EXPOSURE_LIMIT, exposure);
});

for (const transport of ["kernel", "portable"]) {
  const skip = missing("systemd-socket-activate");
  test(`systemd-socket-activate hands two sockets over, ${transport}`, { skip, timeout: 60_000 }, async (t) => {
    const root = makeSite(t, { "index.html": "activated" });
    const ports = [await freePort(), await freePort()];
    const main = join(DEPLOY, "../src/cli/main.ts");
    const listen = ports.flatMap((port) => ["--listen", `127.0.0.1:${port}`]);
    const heddle = [process.execPath, main, root, "--no-config", "--transport", transport];
    const names = ["--fdname", "web:web"];
    const argv = [...listen, ...names, "-E", `PATH=${process.env["PATH"]}`, ...heddle];
    const child = spawn("systemd-socket-activate", argv, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "ignore"] });
    t.after(() => child.kill("SIGKILL"));
    const printed = text(child.stdout);
    // The first request starts the server.
    for (const port of ports) assert.match(await ask(port), /activated$/);
    child.kill("SIGTERM");
    await once(child, "exit");
    assert.equal(child.exitCode, 0, await printed);
  });
}

/** Asks as soon as somebody listens. */
async function ask(port: number): Promise<string> {
  for (;;) {
    const socket = createConnection(port, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    try {
      return await text(socket);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
      await setTimeout(20);
    }
  }
}

test("logrotate reads its configuration", { skip: missing("logrotate") }, async (t) => {
  const { stderr } = await run("logrotate", ["-d", "-s", join(makeSite(t), "state"), join(DEPLOY, "logrotate.conf")]);
  assert.doesNotMatch(stderr, /error/i);
  assert.match(stderr, /\/var\/log\/heddle\/\*\.log/);
});
