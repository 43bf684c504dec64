// The options of a server that runs, read again: when SIGHUP asks for it, and when the file that they stand in has
// changed. Whatever is wrong with them is said, and the server goes on with those that it has.
import { basename } from "node:path";
import { loadConfig, loadConfigAgain } from "../config/file.ts";
import { type Given, readSettings, type Settings, withSources } from "../config/settings.ts";
import { type FileVersion, versionOf, watchFile } from "../config/watch-file.ts";
import type { Server } from "../server.ts";
import { printable } from "./banner.ts";
import type { Output } from "./commands.ts";
import { settingsFailure } from "./failure.ts";

interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether success is not worth a word. */
  readonly isQuiet: boolean;
}

const REFUSED = "heddle: the configuration is refused; the server goes on with the one that it has\n";

const WITHOUT = "heddle: no configuration file was found; the server goes on without one\n";

export class Rereading {
  readonly #given: Given;
  readonly #cwd: string;
  readonly #outputs: Outputs;
  /** Undefined until it listens. */
  #server: Server | undefined;
  /** Of the file as it was when it was last read. */
  #version: FileVersion;
  #watched: string | undefined;
  #endWatch: () => void = () => {};
  #isReading = false;
  #isWanted = false;
  #isEnded = false;

  constructor(given: Given, cwd: string, outputs: Outputs) {
    this.#given = given;
    this.#cwd = cwd;
    this.#outputs = outputs;
  }

  /** What the server starts with. Throws what `readSettings` throws. */
  readFirst(): Promise<Settings> {
    return this.#read(loadConfig);
  }

  /** The server listens: from now on it follows the file. */
  begin(server: Server, { file }: Settings): void {
    this.#server = server;
    this.#watch(file);
    if (this.#isWanted) this.request();
  }

  /** Reads them again, now, or after a reading that is under way, or when the server listens. */
  request(): void {
    this.#isWanted = true;
    if (this.#server === undefined || this.#isReading || this.#isEnded) return;
    void this.#readWhileWanted(this.#server);
  }

  /** The server stops. */
  end(): void {
    this.#isEnded = true;
    this.#endWatch();
  }

  async #readWhileWanted(server: Server): Promise<void> {
    this.#isReading = true;
    while (this.#isWanted && !this.#isEnded) {
      this.#isWanted = false;
      try {
        await this.#reread(server);
      } catch (error) {
        if (!this.#isEnded) this.#outputs.stderr.write(`${failure(error)}${REFUSED}`);
      }
    }
    this.#isReading = false;
  }

  async #reread(server: Server): Promise<void> {
    const { options, file, sources } = await this.#read(loadConfigAgain);
    if (file === undefined) this.#watch(undefined);
    const { unchanged } = await server.reload(options).catch((error: unknown) => {
      throw withSources(error, sources);
    });
    const { stdout, stderr, isQuiet } = this.#outputs;
    if (!isQuiet) stdout.write(file === undefined ? WITHOUT : `heddle: ${printable(basename(file))} is in use now\n`);
    if (unchanged.length === 0) return;
    stderr.write(`heddle: only the next start can change this: ${unchanged.join(", ")}\n`);
  }

  #read(load: typeof loadConfig): Promise<Settings> {
    return readSettings(this.#given, this.#cwd, async (file) => {
      // Before it is read: what is written meanwhile is another version.
      this.#version = await versionOf(file);
      if (this.#server !== undefined) this.#watch(file);
      return load(file);
    });
  }

  #watch(file: string | undefined): void {
    if (file === this.#watched) return;
    this.#endWatch();
    this.#watched = file;
    this.#endWatch =
      file === undefined
        ? () => {}
        : watchFile(
            file,
            () => this.#version,
            () => this.request(),
          );
  }
}

/** Nothing that is wrong with a reading ends the server, not even a mistake of ours. */
function failure(error: unknown): string {
  try {
    return settingsFailure(error);
  } catch {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    return `heddle: ${lines.map(printable).join("\n")}\n`;
  }
}
