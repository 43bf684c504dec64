// The listener for operators, and what the server says of its health there and at a path of the site.
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import type { RequestOptions } from "node:http";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { createServer, OptionError, type Server, type ServerOptions } from "../src/server.ts";
import { adminOf, ask } from "./support/admin.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-admin-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
});
after(() => rm(root, { recursive: true }));

async function start(t: TestContext, options: ServerOptions = {}): Promise<{ server: Server; admin: RequestOptions }> {
  const server = await startServer(t, { root, threads: 1, admin: 0, ...options });
  return { server, admin: adminOf(server) };
}

describe("The admin listener", () => {
  let server: Server;
  let admin: RequestOptions;
  before(async () => {
    server = createServer({ root, host: "127.0.0.1", port: 0, threads: 1, admin: "localhost:0" });
    await server.listen();
    admin = adminOf(server);
  });
  after(() => server.close({ graceMs: 0 }));

  for (const path of ["/healthz", "/readyz"]) {
    test(`answers ${path} while the server serves, and keeps it from caches`, async () => {
      const { status, fields, text } = await ask(admin, path);
      assert.deepEqual([status, text], [200, "ok\n"]);
      assert.equal(fields["cache-control"], "no-store");
      assert.equal(fields["content-type"], "text/plain; charset=utf-8");
    });
  }

  test("answers HEAD without content, and a query does not matter", async () => {
    const { status, fields, text } = await ask(admin, "/healthz?probe=1", { method: "HEAD" });
    assert.deepEqual([status, fields["content-length"], text], [200, "3", ""]);
  });

  test("answers 404 to other paths, also those of the site", async () => {
    for (const path of ["/index.html", "/healthz/"]) assert.equal((await ask(admin, path)).status, 404);
  });

  test("lists at / what is there", async () => {
    const { status, fields, text } = await ask(admin, "/");
    assert.deepEqual([status, fields["content-type"]], [200, "text/plain; charset=utf-8"]);
    const paths = [...text.matchAll(/^(\S+) /gm)].map((found) => found[1]!);
    assert.deepEqual(paths, ["/metrics", "/healthz", "/readyz"]);
    for (const path of paths) assert.equal((await ask(admin, path)).status, 200);
  });

  test("answers 405 with Allow to other methods", async () => {
    for (const method of ["POST", "OPTIONS", "DELETE"]) {
      const { status, fields } = await ask(admin, "/healthz", { method });
      assert.deepEqual([status, fields["allow"]], [405, "GET, HEAD"]);
    }
  });

  test("answers 421 to a name that is not its own, as after DNS rebinding", async () => {
    for (const host of ["rebound.example", "localhost.example", "192.0.2.1:9180", "[2001:db8::1]"]) {
      assert.equal((await ask(admin, "/healthz", { headers: { Host: host } })).status, 421);
    }
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9180", "a.localhost"]) {
      assert.equal((await ask(admin, "/healthz", { headers: { Host: host } })).status, 200);
    }
  });

  test("does not answer at the site's port", async () => {
    assert.equal((await ask({ host: "127.0.0.1", port: server.port }, "/healthz")).status, 404);
  });
});

test("An admin listener at another address than localhost answers to every name", async (t) => {
  const { admin } = await start(t, { admin: "0.0.0.0:0" });
  const answer = await ask({ ...admin, host: "127.0.0.1" }, "/healthz", { headers: { Host: "heddle.example" } });
  assert.equal(answer.status, 200);
});

test("An admin listener at a Unix socket is for its owner and group, and replaces a socket left behind", async (t) => {
  const path = join(root, "admin.sock");
  const first = await startServer(t, { root, threads: 1, admin: path });
  assert.equal(first.adminUrl, `unix:${path}`);
  assert.equal((await stat(path)).mode & 0o777, 0o660);
  assert.equal((await ask({ socketPath: path }, "/readyz")).status, 200);
  await assert.rejects(startServer(t, { root, threads: 1, admin: path }), {
    name: "OptionError",
    option: "admin",
    wanted: "a place that can be opened (it is in use)",
  });
  await first.close();
  const leftBehind = createNetServer().listen(path);
  // As after SIGKILL: the file stays. Node would remove it.
  await new Promise((resolve) => leftBehind.on("listening", resolve));
  Reflect.get(leftBehind, "_handle").unref();
  leftBehind.close();
  const second = await startServer(t, { root, threads: 1, admin: path });
  assert.equal((await ask({ socketPath: path }, "/readyz")).status, 200);
  await second.close();
});

test("A place that is in use is an option that cannot be met, and nothing stays open", async (t) => {
  const { server } = await start(t);
  const { port } = new URL(server.adminUrl!);
  const second = createServer({ root, host: "127.0.0.1", port: 0, threads: 1, admin: Number(port) });
  await assert.rejects(second.listen(), (error) => {
    assert.ok(error instanceof OptionError);
    return error.message === `admin: found "localhost:${port}", wanted a place that can be opened (it is in use)`;
  });
});

for (const transport of TRANSPORTS) {
  describe(`A server that stops on the ${transport} transport`, () => {
    test("is alive and not ready for drainDelayMs, serves everything, and then drains", async (t) => {
      const { server, admin } = await start(t, { transport, drainDelayMs: 60_000, healthPath: "/up" });
      const site = { host: "127.0.0.1", port: server.port };
      assert.equal((await ask(site, "/up")).text, "ok\n");
      void server.close();
      const ready = await ask(admin, "/readyz");
      assert.deepEqual([ready.status, ready.text], [503, "stopping\n"]);
      assert.equal((await ask(admin, "/healthz")).status, 200);
      assert.equal((await ask(site, "/")).status, 200);
      const health = await ask(site, "/up");
      assert.deepEqual([health.status, health.text], [503, "stopping\n"]);
      await server.close({ drainDelayMs: 0 });
    });

    test("ends after drainDelayMs, with the admin listener last", async (t) => {
      const { server, admin } = await start(t, { transport, drainDelayMs: 1 });
      await server.close();
      await assert.rejects(ask(admin, "/readyz"), { code: "ECONNREFUSED" });
    });
  });
}

test("The health path is answered before every rule of every site, and only as it is written", async (t) => {
  const closed = { root, maintenance: true, auth: { users: { ada: hashOf() } }, deny: ["127.0.0.0/8"] };
  const options = { ...closed, healthPath: "/healthz", sites: { "a.example": closed } };
  const server = await startServer(t, { threads: 1, ...options });
  const site = { host: "127.0.0.1", port: server.port };
  for (const host of ["127.0.0.1", "a.example"]) {
    const { status, text, fields } = await ask(site, "/healthz", { headers: { Host: host } });
    assert.deepEqual([status, text, fields["cache-control"]], [200, "ok\n", "no-store"]);
    for (const path of ["/healthz/", "/healthz?a", "/Healthz"]) {
      assert.equal((await ask(site, path, { headers: { Host: host } })).status, 403);
    }
    assert.equal((await ask(site, "/healthz", { method: "POST", headers: { Host: host } })).status, 403);
  }
  await server.reload({ ...options, healthPath: "/other" });
  assert.equal((await ask(site, "/other")).status, 200);
  assert.equal((await ask(site, "/healthz")).status, 403);
});

/** Of no password in particular. */
function hashOf(): string {
  return "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
}
