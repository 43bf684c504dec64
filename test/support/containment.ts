// The tests that every opener of files below a root must pass: a table of paths, and sites that change during a request.
// The test file of each opener runs all of them, so that a peer cannot tell the openers apart.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  type mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  type rmSync,
  symlinkSync,
  unlinkSync,
  type writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { outcomeOf } from "../../src/files/descriptors.ts";
import type { Opened, OpenedFolder, Opener } from "../../src/files/opener.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./site.ts";

/** [path below the root, what it is, content of a file] */
const cases: [path: string, kind: Opened["kind"], content?: string][] = [
  ["file.txt", "file", "inside"],
  ["folder/inner.txt", "file", "inner"],
  ["empty.txt", "file", ""],
  ["gone (deleted)", "file", "still there"],
  ["\u00e9 \u{1f9f5}\n.txt", "file", "odd name"],
  ["", "folder"],
  ["folder", "folder"],
  ["nothing.txt", "missing"],
  ["nothing/nothing.txt", "missing"],
  ["file.txt/below", "missing"],
  ["x".repeat(256), "missing"],
  ["y/".repeat(3000), "missing"],
  // Links that stay inside.
  ["link-to-file", "file", "inside"],
  ["link-to-file-absolute", "file", "inside"],
  ["link-to-link", "file", "inside"],
  ["link-to-folder", "folder"],
  ["link-to-folder/inner.txt", "file", "inner"],
  ["folder/link-up/file.txt", "file", "inside"],
  ["link-out-and-back", "file", "inside"],
  // Links that lead out.
  ["link-out", "refused"],
  ["link-out-absolute", "refused"],
  ["link-out-by-link", "refused"],
  ["link-to-folder-outside", "refused"],
  ["link-to-folder-outside/secret.txt", "refused"],
  ["link-to-folder-outside/deep/secret.txt", "refused"],
  ["link-to-parent", "refused"],
  ["link-to-parent/outside/secret.txt", "refused"],
  ["link-to-disk", "refused"],
  ["link-to-disk/etc/passwd", "refused"],
  // A folder whose path begins with the path of the root.
  ["link-to-sibling", "refused"],
  // Links that lead nowhere.
  ["link-to-itself", "missing"],
  ["link-loop-a", "missing"],
  ["link-loop-a/file.txt", "missing"],
  ["link-dangling", "missing"],
  ["link-dangling-outside", "missing"],
  ["link-to-folder-outside/nothing.txt", "missing"],
  // Neither files nor folders.
  ["fifo", "refused"],
  ["link-to-fifo", "refused"],
  ["link-to-zero", "refused"],
  ["link-to-null", "refused"],
  ["link-to-terminal", "refused"],
];

export interface OpenerTraits {
  /** Whether the opener stays inside while a folder of the path is swapped for a link out. */
  readonly withstandsFolderSwaps: boolean;
}

/** @param open a new opener for a root */
export function describeOpener(variant: string, open: (root: string) => Opener, traits: OpenerTraits): void {
  for (const [path, kind, content] of cases) {
    const name = JSON.stringify(path.length > 60 ? `${path.slice(0, 20)}… (${path.length})` : path);
    test(`open() ${variant} finds ${name}: ${kind}`, async (t) => {
      const opener = open(makeTree(t));
      const before = countDescriptors();
      const opened = await opener.open(path);
      assert.equal(opened.kind, kind);
      if (opened.kind === "file") {
        assert.equal(readAndClose(opened), content);
        assert.equal(opened.stat.sizeBytes, Buffer.byteLength(content!));
      }
      await descriptorsSettled(before);
    });
  }

  test(`open() ${variant} refuses a socket`, async (t) => {
    const root = makeSite(t);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
    t.after(() => server.close());
    const before = countDescriptors();
    assert.equal((await open(root).open("socket")).kind, "refused");
    await descriptorsSettled(before);
  });

  test(`open() ${variant} goes on reading a file that is removed after it was opened`, async (t) => {
    const root = makeSite(t, { "file.txt": "kept" });
    const opened = await open(root).open("file.txt");
    unlinkSync(join(root, "file.txt"));
    assert.equal(readAndClose(opened), "kept");
  });

  test(`open() ${variant} tells "forbidden" inside the root only`, async (t) => {
    const site = makeSite(t, { "root/secret.txt": "x", "root/locked/a.txt": "x", "outside/locked/a.txt": "x" });
    symlinkSync("../outside", join(site, "root/out"));
    spawnSync("chmod", ["000", join(site, "root/secret.txt"), join(site, "root/locked"), join(site, "outside/locked")]);
    t.after(() => spawnSync("chmod", ["-R", "700", site]));
    spawnSync("chmod", ["711", site]);
    const opener = open(join(site, "root"));
    const before = countDescriptors();
    const kinds = await asOrdinaryUser(async () => [
      (await opener.open("secret.txt")).kind,
      (await opener.open("locked/a.txt")).kind,
      (await opener.open("locked/nothing.txt")).kind,
      (await opener.open("out/locked/a.txt")).kind,
      (await opener.open("out/locked/nothing.txt")).kind,
      (await opener.open("out/nothing.txt")).kind,
    ]);
    assert.deepEqual(kinds, ["forbidden", "forbidden", "forbidden", "refused", "refused", "missing"]);
    await descriptorsSettled(before);
  });

  test(`openFolder() ${variant} opens what is a folder inside the root, and tells "forbidden" there only`, async (t) => {
    const site = makeSite(t, {
      "root/a.txt": "x",
      "root/sub/a.txt": "x",
      "root/locked/a.txt": "x",
      "outside/locked/a": "",
    });
    symlinkSync("../outside", join(site, "root/out"));
    symlinkSync("sub", join(site, "root/in"));
    spawnSync("chmod", ["111", join(site, "root/locked"), join(site, "outside/locked")]);
    t.after(() => spawnSync("chmod", ["-R", "700", site]));
    spawnSync("chmod", ["711", site]);
    const opener = open(join(site, "root"));
    const before = countDescriptors();
    const names = ["", "sub", "in", "locked", "a.txt", "nothing", "out", "out/locked"];
    const kinds = await asOrdinaryUser(async () => {
      const found: string[] = [];
      for (const name of names) found.push(readable(await opener.openFolder!(name)));
      return found;
    });
    const wanted = ["folder", "folder", "folder", "forbidden", "missing", "missing", "refused", "refused"];
    assert.deepEqual(kinds, wanted);
    assert.equal((await open(join(site, "nothing")).openFolder!("")).kind, "unavailable");
    await descriptorsSettled(before);
  });

  test(`open() ${variant} says that a missing root is unavailable, not that the file is missing`, async (t) => {
    const opened = await open(join(makeSite(t), "nothing")).open("file.txt");
    assert.equal(opened.kind, "unavailable");
  });

  test(`open() ${variant} serves a root at the top of a tree of links, and one with a slash behind it`, async (t) => {
    const site = makeSite(t, { "real/file.txt": "through links" });
    symlinkSync("real", join(site, "one"));
    symlinkSync(join(site, "one"), join(site, "two"));
    assert.equal(readAndClose(await open(join(site, "two")).open("file.txt")), "through links");
    assert.equal(readAndClose(await open(`${join(site, "two")}/`).open("file.txt")), "through links");
  });

  test(`open() ${variant} serves the whole disk when the root is "/"`, async (t) => {
    const site = makeSite(t, { "file.txt": "anywhere" });
    assert.equal(readAndClose(await open("/").open(join(site, "file.txt").slice(1))), "anywhere");
  });

  test(`open() ${variant} follows a root that is swapped, and then refuses links into the former one`, async (t) => {
    const site = makeSite(t, { "a/v.txt": "a", "b/v.txt": "b" });
    symlinkSync("../a/v.txt", join(site, "b/former.txt"));
    symlinkSync("a", join(site, "root"));
    const opener = open(join(site, "root"));
    assert.equal(readAndClose(await opener.open("v.txt")), "a");
    symlinkSync("b", join(site, "next"));
    renameSync(join(site, "next"), join(site, "root"));
    assert.equal(readAndClose(await opener.open("v.txt")), "b");
    assert.equal((await opener.open("former.txt")).kind, "refused");
  });

  test(`open() ${variant} never misses a file while the root is swapped and the former one removed`, async (t) => {
    const site = makeSite(t, { "r0/v.txt": "0" });
    symlinkSync("r0", join(site, "root"));
    const opener = open(join(site, "root"));
    await whileDisturbed(t, site, "swapRoot", async (roundCount) => {
      for (let count = 0; count < 500 || roundCount() < 20; count++) {
        const firstRound = roundCount();
        const opened = await opener.open("v.txt");
        // On a busy machine many swaps may fit into one open, and the opener may miss the file.
        if (opened.kind === "file") assert.match(readAndClose(opened), /^\d+$/);
        else assert.ok(roundCount() - firstRound >= 3, `${opened.kind} after ${roundCount() - firstRound} swaps`);
      }
    });
  });

  for (const disturbance of traits.withstandsFolderSwaps
    ? (["swapFile", "swapFolder"] as const)
    : (["swapFile"] as const)) {
    test(`open() ${variant} never gives an outside byte while links are swapped in (${disturbance})`, async (t) => {
      const site = makeSite(t, { "root/folder/file.txt": "inside", "outside/file.txt": "OUTSIDE" });
      const opener = open(join(site, "root"));
      const before = countDescriptors();
      const seen = new Map<string, number>();
      await whileDisturbed(t, site, disturbance, async () => {
        // At least 2,000 opens, and more until both sides of the swap were seen.
        for (let count = 0; count < 2000 || !seen.has("file") || !seen.has("refused"); count++) {
          const opened = await opener.open("folder/file.txt");
          seen.set(opened.kind, (seen.get(opened.kind) ?? 0) + 1);
          if (opened.kind === "file") assert.equal(readAndClose(opened), "inside");
          else assert.ok(opened.kind === "refused" || opened.kind === "missing", opened.kind);
        }
      });
      await descriptorsSettled(before);
    });
  }

  // Only the superuser can make device nodes. Links to devices are in the table above, for every user.
  if (process.getuid?.() === 0) {
    test(`open() ${variant} refuses a device node inside the root`, async (t) => {
      const root = makeSite(t);
      assert.equal(spawnSync("mknod", [join(root, "zero"), "c", "1", "5"]).status, 0);
      assert.equal((await open(root).open("zero")).kind, "refused");
    });
  }
}

function makeTree(t: TestContext): string {
  const site = makeSite(t, {
    "root/file.txt": "inside",
    "root/folder/inner.txt": "inner",
    "root/empty.txt": "",
    "root/gone (deleted)": "still there",
    "root/\u00e9 \u{1f9f5}\n.txt": "odd name",
    "outside/secret.txt": "SECRET",
    "outside/deep/secret.txt": "SECRET",
    "root-sibling/secret.txt": "SECRET",
  });
  const root = join(site, "root");
  const links = {
    "link-to-file": "file.txt",
    "link-to-file-absolute": join(root, "file.txt"),
    "link-to-link": "link-to-file",
    "link-to-folder": "folder",
    "folder/link-up": "..",
    "link-out-and-back": "../root/file.txt",
    "link-out": "../outside/secret.txt",
    "link-out-absolute": join(site, "outside/secret.txt"),
    "link-out-by-link": "link-out",
    "link-to-folder-outside": "../outside",
    "link-to-parent": "..",
    "link-to-disk": "/",
    "link-to-sibling": "../root-sibling/secret.txt",
    "link-to-itself": "link-to-itself",
    "link-loop-a": "link-loop-b",
    "link-loop-b": "link-loop-a",
    "link-dangling": "nothing",
    "link-dangling-outside": "../outside/nothing",
    "link-to-fifo": "fifo",
    "link-to-zero": "/dev/zero",
    "link-to-null": "/dev/null",
    "link-to-terminal": "/dev/tty",
  };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
  assert.equal(spawnSync("mkfifo", [join(root, "fifo")]).status, 0);
  return root;
}

export function readAndClose(opened: Opened): string {
  assert.equal(opened.kind, "file");
  try {
    return readFileSync(opened.fd, "utf8");
  } finally {
    closeSync(opened.fd);
  }
}

/** The outcome of opening and then reading: an opener that gives a path does not know whether the folder can be read. */
function readable(opened: OpenedFolder): string {
  if (opened.kind !== "folder") return opened.kind;
  if (typeof opened.folder === "number") {
    closeSync(opened.folder);
    return "folder";
  }
  try {
    readdirSync(opened.folder);
    return "folder";
  } catch (cause) {
    return outcomeOf(cause);
  }
}

/** Runs the check as the user "nobody" when the tests run as root, because the superuser may read everything. */
export async function asOrdinaryUser<T>(check: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await check();
  process.seteuid!(65_534);
  try {
    return await check();
  } finally {
    process.seteuid!(0);
  }
}

/** Runs `check` while another thread changes the site as fast as it can. */
export async function whileDisturbed(
  t: TestContext,
  site: string,
  disturbance: keyof typeof DISTURBANCES,
  check: (roundCount: () => number) => Promise<void>,
): Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const source = `
    const fs = require("node:fs");
    const { join } = require("node:path");
    const { workerData, parentPort } = require("node:worker_threads");
    const { site, shared } = workerData;
    const disturb = ${DISTURBANCES[disturbance].toString()};
    parentPort.postMessage("started");
    while (Atomics.load(shared, 0) === 0) disturb(fs, (path) => join(site, path), Atomics.add(shared, 1, 1) + 1);
  `;
  const worker = new Worker(source, { eval: true, workerData: { site, shared } });
  t.after(() => worker.terminate());
  await new Promise((resolve) => worker.once("message", resolve));
  try {
    await check(() => Atomics.load(shared, 1));
  } finally {
    Atomics.store(shared, 0, 1);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}

type Disturbance = (
  fs: {
    mkdirSync: typeof mkdirSync;
    renameSync: typeof renameSync;
    rmSync: typeof rmSync;
    symlinkSync: typeof symlinkSync;
    writeFileSync: typeof writeFileSync;
  },
  at: (path: string) => string,
  round: number,
) => void;

/** One round each. The other thread gets them as text, so they may use only their arguments. */
const DISTURBANCES: { swapFile: Disturbance; swapFolder: Disturbance; swapRoot: Disturbance } = {
  swapFile: (fs, at) => {
    fs.symlinkSync(at("outside/file.txt"), at("root/next"));
    fs.renameSync(at("root/next"), at("root/folder/file.txt"));
    fs.writeFileSync(at("root/next"), "inside");
    fs.renameSync(at("root/next"), at("root/folder/file.txt"));
  },
  swapFolder: (fs, at) => {
    fs.renameSync(at("root/folder"), at("root/aside"));
    fs.symlinkSync(at("outside"), at("root/folder"));
    fs.rmSync(at("root/folder"));
    fs.renameSync(at("root/aside"), at("root/folder"));
  },
  swapRoot: (fs, at, round) => {
    fs.mkdirSync(at(`r${round}`));
    fs.writeFileSync(at(`r${round}/v.txt`), String(round));
    fs.symlinkSync(`r${round}`, at("next"));
    fs.renameSync(at("next"), at("root"));
    fs.rmSync(at(`r${round - 1}`), { recursive: true });
    // A thousand deployments a second are enough.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  },
};
