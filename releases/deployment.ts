// A site of real scripts whose next release is deployed as deployments do it: by a link that is exchanged, while others ask.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createServer, type Server, type ServerOptions } from "../src/server.ts";
import { RawClient } from "../test/support/raw-client.ts";
import type { Released, Version } from "./packages.ts";

/** For one deployment, which removes it. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "heddle-releases-"));
}

export class Deployment implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: Server;

  /** @param folder that is there for this deployment alone */
  static async begin(folder: string, scripts: readonly Released[], options: ServerOptions = {}): Promise<Deployment> {
    writeRelease(
      join(folder, "one"),
      scripts.map(({ before }) => before),
    );
    writeRelease(
      join(folder, "two"),
      scripts.map(({ after }) => after),
    );
    symlinkSync("one", join(folder, "root"));
    const common = { host: "127.0.0.1", port: 0, threads: 2, dictionaries: true, keepPreviousSeconds: 3600 } as const;
    const server = createServer({ root: join(folder, "root"), ...common, ...options });
    await server.listen();
    return new Deployment(folder, server);
  }

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
  }

  /** A name for which Chromium has dictionaries without HTTPS. */
  get url(): string {
    return `http://localhost:${this.#server.port}/`;
  }

  get port(): number {
    return this.#server.port;
  }

  deploy(): void {
    const root = join(this.#folder, "root");
    symlinkSync("two", `${root}.new`);
    renameSync(`${root}.new`, root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close({ graceMs: 0 });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function writeRelease(folder: string, scripts: readonly Version[]): void {
  const tags = scripts.map(({ path }) => `<script src="${path}"></script>`).join("\n");
  write(join(folder, "index.html"), `<!doctype html><title>release</title>\n${tags}\n`);
  for (const { path, bytes } of scripts) write(join(folder, path), bytes);
}

/** On the disk, where the server can tell that it is not being changed. */
function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { flush: true });
}

/** Clients that ask for one path after the other, until they are told to end. */
export class Load {
  readonly #paths: readonly string[];
  readonly #clients: readonly RawClient[];
  readonly #working: Promise<unknown>;
  #isEnding = false;
  answeredCount = 0;
  /** What was answered by another status than 200. */
  readonly failures: string[] = [];

  static async begin(port: number, paths: readonly string[], count: number): Promise<Load> {
    return new Load(paths, await Promise.all(Array.from({ length: count }, () => RawClient.open(port))));
  }

  private constructor(paths: readonly string[], clients: readonly RawClient[]) {
    this.#paths = paths;
    this.#clients = clients;
    this.#working = Promise.all(clients.map((client) => this.#ask(client)));
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#working;
    for (const client of this.#clients) client.close();
  }

  async #ask(client: RawClient): Promise<void> {
    for (let index = 0; !this.#isEnding; index++) {
      const path = this.#paths[index % this.#paths.length]!;
      const { status } = await client.request("GET", path, "Accept-Encoding: gzip\r\n");
      if (status !== 200) this.failures.push(`${status} for ${path}`);
      this.answeredCount++;
    }
  }
}
