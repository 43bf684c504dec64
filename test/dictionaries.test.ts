// Compression dictionaries (RFC 9842) over a real server: across a deployment, on every thread and transport, and with an
// encoder that dies. Which requests get a dictionary is tested without a server (site/dictionaries.test.ts).
import assert from "node:assert/strict";
import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { ServerOptions } from "../src/server.ts";
import { decodeWith, linesOf, offer, script } from "./support/dictionary-client.ts";
import type { RawClient, RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const OLD_NAME = "app-BxK3f9aZ.js";
const NEW_NAME = "app-CyL4g0bA.js";
const TARGET = `/assets/${NEW_NAME}`;

const sent = (fields: Record<string, string>): string => `${linesOf(fields).join("\r\n")}\r\n`;

const codingOf = ({ fields }: RawResponse): string | undefined => fields.get("content-encoding");

/** Two releases, and a root that leads to the first. */
function makeReleases(t: TestContext, old: Buffer, fresh: Buffer): { root: string; deploy: () => void } {
  const folder = makeSite(t, { [`one/assets/${OLD_NAME}`]: old, [`two/assets/${NEW_NAME}`]: fresh });
  const root = join(folder, "root");
  symlinkSync("one", root);
  const deploy = (): void => {
    symlinkSync("two", `${root}.new`);
    renameSync(`${root}.new`, root);
  };
  return { root, deploy };
}

async function openClients(t: TestContext, count: number, options: ServerOptions): Promise<RawClient[]> {
  const server = await startServer(t, { dictionaries: true, keepPreviousSeconds: 60, revalidateMs: 0, ...options });
  return Promise.all(Array.from({ length: count }, () => openClient(t, server)));
}

/** Asks until the new release is there. */
async function askNew(client: RawClient, fields: Record<string, string>): Promise<RawResponse> {
  for (;;) {
    const response = await client.request("GET", TARGET, sent(fields));
    if (response.status === 200) return response;
    await setTimeout(5);
  }
}

for (const transport of TRANSPORTS)
  describe(`dictionaries, ${transport}`, { timeout: 60_000 }, () => {
    for (const [name, sizeBytes] of [
      ["small", 20_000],
      ["large", 400_000],
    ] as const) {
      test(`on every thread, the next release of a ${name} script comes as a difference`, async (t) => {
        const [old, fresh] = [script("one", sizeBytes), script("two", sizeBytes)];
        const { root, deploy } = makeReleases(t, old, fresh);
        const clients = await openClients(t, 6, { root, threads: 2, transport });
        for (const client of clients) {
          const { fields, body } = await client.request("GET", `/assets/${OLD_NAME}`);
          assert.equal(fields.get("use-as-dictionary"), `match="/assets/app-*.js", id="${OLD_NAME}"`);
          assert.ok(body.equals(old));
        }
        deploy();
        const replies = await Promise.all(clients.map((client) => askNew(client, offer(old, OLD_NAME))));
        for (const response of replies) {
          assert.equal(codingOf(response), "dcb");
          assert.ok(response.body.length < 1000);
          assert.ok(decodeWith(old, response.body, "dcb").equals(fresh));
        }
      });
    }

    test("a thread per connection has dictionaries as well", async (t) => {
      const [old, fresh] = [script("one"), script("two")];
      const { root, deploy } = makeReleases(t, old, fresh);
      const [client] = await openClients(t, 1, { root, threads: "per-connection", transport });
      await client!.request("GET", `/assets/${OLD_NAME}`);
      deploy();
      const response = await askNew(client!, offer(old, OLD_NAME));
      assert.equal(codingOf(response), "dcb");
      assert.ok(decodeWith(old, response.body, "dcb").equals(fresh));
    });

    test("a request without a dictionary gets the plain file behind one with a dictionary, and the other way round", async (t) => {
      const [old, fresh] = [script("one"), script("two")];
      const files = { [`assets/${OLD_NAME}`]: old, [`assets/${NEW_NAME}`]: fresh };
      const [client] = await openClients(t, 1, {
        root: makeSite(t, files),
        threads: 1,
        transport,
        revalidateMs: 60_000,
      });
      // Often enough for the engine to keep the bytes of both replies.
      for (let round = 0; round < 8; round++) {
        const plain = await client!.request("GET", TARGET);
        assert.equal(codingOf(plain), undefined);
        assert.ok(plain.body.equals(fresh));
        const coded = await client!.request("GET", TARGET, sent(offer(old, OLD_NAME)));
        assert.ok(decodeWith(old, coded.body, codingOf(coded)).equals(fresh));
        const unknown = await client!.request("GET", TARGET, sent(offer(fresh, OLD_NAME)));
        assert.notEqual(codingOf(unknown), "dcb");
      }
    });
  });
