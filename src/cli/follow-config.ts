// Reads the options of a running server again, after SIGHUP and when their file has changed. A mistake in them is
// printed, and the server continues with the options that it has. They are tried again from time to time: the folder of a
// site may come back, or a file that the configuration imports may be complete then, while the configuration stays the same.
import { basename } from "node:path";
import { namedFolders } from "../options/check-folders.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { loadConfig, loadConfigAgain } from "../options/sources/config-file.ts";
import { Retry } from "../options/sources/retry.ts";
import { type Given, readSettings, type Settings, SettingsError, withSources } from "../options/sources/sources.ts";
import { type FileVersion, versionNow, versionOf, watchFile } from "../options/sources/watch-file.ts";
import type { Server } from "../server.ts";
import { printable } from "../telemetry/printable.ts";
import { settingsFailure } from "./failure.ts";
import type { ServerLog } from "./output/server-log.ts";
import type { ServiceManager } from "./service-manager.ts";

const REFUSED = "the new configuration was refused; the server continues with the current one";

const WITHOUT = "found no configuration file; the server continues without one";

export class ConfigFollower {
  readonly #given: Given;
  readonly #cwd: string;
  readonly #log: ServerLog;
  readonly #manager: Pick<ServiceManager, "reloading" | "ready">;
  /** Undefined until the server listens. */
  #server: Server | undefined;
  /** The version of the file that was read last. */
  #version: FileVersion;
  #watched: string | undefined;
  #endWatch: () => void = () => {};
  #isReading = false;
  #isWanted = false;
  /** Whether someone waits for the answer: a signal has come or the file has changed. */
  #isAsked = false;
  readonly #retry = new Retry(() => this.#readSoon());
  /** The folders of the options that were read last. */
  #folders: readonly string[] = [];
  #isEnded = false;
  #outside: (resolved: ResolvedOptions) => readonly string[] = () => [];

  /** @param manager told of each reload, from its beginning to its end */
  constructor(given: Given, cwd: string, log: ServerLog, manager: Pick<ServiceManager, "reloading" | "ready">) {
    this.#manager = manager;
    this.#given = given;
    this.#cwd = cwd;
    this.#log = log;
  }

  /** The options to start with. Throws the errors of `readSettings`. */
  readFirst(): Promise<Settings> {
    return this.#read(loadConfig);
  }

  /**
   * Called when the server listens: follows the file from now on.
   * @param outside the folders of other options that this process may not read
   */
  begin(
    server: Server,
    { file }: Settings,
    outside: (resolved: ResolvedOptions) => readonly string[] = () => [],
  ): void {
    this.#outside = outside;
    this.#server = server;
    this.#watch(file);
    if (this.#isWanted) this.#readSoon();
  }

  /** Reads the options again: now, or after the reading in progress, or when the server listens. */
  request(): void {
    this.#isAsked = true;
    this.#readSoon();
  }

  #readSoon(): void {
    this.#isWanted = true;
    if (this.#server === undefined || this.#isReading || this.#isEnded) return;
    void this.#readWhileWanted(this.#server);
  }

  /** Called when the server stops. */
  end(): void {
    this.#isEnded = true;
    this.#endWatch();
    this.#retry.end();
  }

  async #readWhileWanted(server: Server): Promise<void> {
    this.#isReading = true;
    while (this.#isWanted && !this.#isEnded) {
      this.#isWanted = false;
      const isAsked = this.#isAsked;
      this.#isAsked = false;
      if (isAsked) void this.#manager.reloading();
      try {
        await this.#reread(server);
        this.#retry.succeeded();
        if (isAsked) void this.#manager.ready(`serves ${server.options.root} with the options of the last reload`);
      } catch (error) {
        if (isAsked)
          void this.#manager.ready("refused the options of the last reload, and goes on with the previous ones");
        const text = failure(error);
        const isNews = this.#retry.refused(text, this.#folders);
        if ((isNews || isAsked) && !this.#isEnded) this.#sayRefused(text);
      }
    }
    this.#isReading = false;
  }

  async #reread(server: Server): Promise<void> {
    this.#folders = [];
    const { options, file, sources, resolved } = await this.#read(loadConfigAgain);
    this.#folders = namedFolders(resolved);
    const [folder] = this.#outside(resolved);
    if (folder !== undefined) throw new SettingsError([`${folder} is outside of the sandbox: restart to serve it`]);
    // The former file may come back: any version of it is another one then.
    if (file === undefined) this.#version = undefined;
    const { unchanged } = await server.reload(options).catch((error: unknown) => {
      throw withSources(error, sources);
    });
    const what = file === undefined ? WITHOUT : `reloaded ${printable(basename(file))}`;
    this.#log.say("info", "reloaded", what, file === undefined ? {} : { file });
    if (unchanged.length === 0) return;
    this.#log.say("warning", "restart-needed", `restart to change: ${unchanged.join(", ")}`, { options: unchanged });
  }

  /** @param lines as they are printed */
  #sayRefused(lines: string): void {
    const mistakes = lines.split("\n").filter(Boolean);
    const details = { mistakes: mistakes.map((line) => line.replace(/^heddle: /, "")) };
    this.#log.say("error", "reload-refused", REFUSED, details, [...mistakes, `heddle: ${REFUSED}`].join("\n"));
  }

  #read(load: typeof loadConfig): Promise<Settings> {
    return readSettings(this.#given, this.#cwd, async (file) => {
      // Asked before the file is read, so that a change during the reading counts as another version.
      // In the background only when it runs: the sandbox comes before the first thread of Node's pool.
      this.#version = this.#server === undefined ? versionNow(file) : await versionOf(file);
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

/** A failed reload does not end the server, not even by a mistake of ours. */
function failure(error: unknown): string {
  try {
    return settingsFailure(error);
  } catch {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    return `heddle: ${lines.map(printable).join("\n")}\n`;
  }
}
