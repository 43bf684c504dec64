// A line that was written for another server, answered as a whole: what is wrong with every flag, and the same line for
// heddle. Pure text.
import { type KnownFlag, unknownFlag } from "./misuse.ts";
import { OTHER_PROGRAMS, type OtherProgram, RUNNERS } from "./other-programs.ts";
import { OTHER_FLAGS, type OtherFlag } from "./other-servers.ts";

const MORE = " (heddle help migrating)";

/**
 * @param argv all words
 * @param known in the order of the help, which is that of the line for heddle
 * @returns a sentence for each mistake, and the line for heddle; undefined for a line with one mistake that no other server has
 */
export function foreignLine(argv: readonly string[], known: readonly KnownFlag[]): string[] | undefined {
  const line = new ForeignLine(argv, known);
  if (line.isForeign) return [...line.mistakes, `the whole line here: ${line.command()}${MORE}`];
  return line.mistakes.length > 1 ? line.mistakes : undefined;
}

class ForeignLine {
  readonly mistakes: string[] = [];
  isForeign = false;
  readonly #known: readonly KnownFlag[];
  readonly #program: OtherProgram | undefined;
  readonly #words: string[];
  #root: string | undefined;
  /** By flag of ours; undefined for a flag without a value. */
  readonly #ours = new Map<string, string | undefined>();

  constructor(argv: readonly string[], known: readonly KnownFlag[]) {
    this.#known = known;
    const { program, started, rest } = programOf(argv);
    this.#program = program;
    this.#words = rest;
    if (started !== "") {
      this.isForeign = true;
      this.mistakes.push(`unknown command ${started}: heddle serves without a command`);
    }
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) this.#take(word);
  }

  command(): string {
    const order = (flag: string): number => this.#known.findIndex(({ long }) => long === flag);
    const flags = [...this.#ours].sort(([one], [other]) => order(one) - order(other));
    const words = flags.flatMap(([flag, value]) => (value === undefined ? [flag] : [flag, value]));
    return ["heddle", ...(this.#root === undefined ? [] : [this.#root]), ...words].map(quoted).join(" ");
  }

  #take(word: string): void {
    if (word === "--") for (const name of this.#words.splice(0)) this.#takeName(name);
    else if (!/^-./.test(word)) this.#takeName(word);
    else this.#takeFlag(word);
  }

  #takeName(name: string): void {
    if (/^\d{2,5}$/.test(name)) this.#ours.set("--port", name);
    else if (/^(?:true|false)$/.test(name)) return;
    else if (this.#root === undefined) this.#root = name;
    else this.mistakes.push(`there is one folder: found ${name} in addition to ${this.#root}`);
  }

  #takeFlag(word: string): void {
    const [, flag = word, joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-[^-])=?(.+)$/s.exec(word) ?? [];
    const next = this.#words[0];
    const value = joined ?? (next === undefined || /^-\D/.test(next) ? undefined : next);
    const row = this.#program?.flags.find(({ flags }) => flags.includes(flag));
    const our = this.#known.find(({ long, short }) => long === flag || short === flag);
    if (row === undefined && our !== undefined) return this.#keep(our, joined, value);
    const other = row ?? OTHER_FLAGS.find((one) => one.flags.includes(flag) && (one.value?.test(value ?? "") ?? true));
    const said = row?.hint.replace(/\{(<.*?>)\}/, (_all, name: string) => value ?? name);
    const argv = value === undefined ? [flag] : [flag, value];
    this.mistakes.push(
      said === undefined ? unknownFlag(flag, argv, this.#known).replace(MORE, "") : `unknown option ${flag}: ${said}`,
    );
    if (other !== undefined) this.#translate(other, value, joined !== undefined);
  }

  /** A flag that is the same here, but for a value that another server writes in one. */
  #keep({ long, takesValue, isOptional }: KnownFlag, joined: string | undefined, value: string | undefined): void {
    const isFolder = isOptional && joined === undefined && value !== undefined && isFolderOf(long, value);
    const used = takesValue && !isFolder;
    if (used && joined === undefined && value !== undefined) this.#words.shift();
    if (!used || value === undefined) this.#ours.set(long, undefined);
    else if (long === "--port" || long === "--host" || long === "--listen") this.#listenAt(value);
    else this.#ours.set(long, long === "--spa" ? pageOf(value) : value);
  }

  #translate({ to, takesValue }: OtherFlag, value: string | undefined, isJoined: boolean): void {
    this.isForeign = true;
    const isOwn =
      takesValue || to === "root" || to === "address" || to === "page" || to?.includes("{}") || isSwitch(value);
    if (isOwn && !isJoined && value !== undefined) this.#words.shift();
    if (to === undefined || to === "") return;
    if (to === "root") this.#root ??= value;
    else if (to === "address") this.#listenAt(value ?? "");
    else if (to === "page") this.#ours.set("--spa", value === undefined ? undefined : pageOf(value));
    else if (value !== "false" || to === "--no-compress") this.#write(to, value);
  }

  /** "--listing --zip", "--grace {}", or "--tls acme --domain {}". */
  #write(to: string, value: string | undefined): void {
    for (const [, flag, given] of to.matchAll(/(--\S+)(?: (?!--)(\S+))?/g))
      this.#ours.set(flag!, given === "{}" ? (value ?? "") : given);
  }

  /** "3000", ":80", "0.0.0.0", "tcp://[::1]:80", "unix:/run/a.sock". */
  #listenAt(value: string): void {
    const socket = /^unix:(?:\/\/)?(.+)$/.exec(value)?.[1];
    if (socket !== undefined) return void this.#ours.set("--socket", socket);
    const [, host = "", port] = /^(?:\w+:\/\/)?(\[.*\]|[^:]*|[\da-f:]*::[\da-f:]*)(?::(\d+))?\/?$/i.exec(value) ?? [];
    if (/^\d+$/.test(host)) this.#ours.set("--port", host);
    else if (host !== "") this.#ours.set("--host", host.replace(/^\[(.*)\]$/, "$1"));
    if (port !== undefined) this.#ours.set("--port", port);
  }
}

/** The words that start another program, behind those of a runner: "npx serve". */
function programOf(argv: readonly string[]): { program: OtherProgram | undefined; started: string; rest: string[] } {
  const from = argv.findIndex((word) => !RUNNERS.has(word));
  const runners = argv.slice(0, Math.max(from, 0));
  const words = argv.slice(runners.length);
  for (const program of OTHER_PROGRAMS) {
    // "python3" may have been replaced by "heddle", and not the rest.
    for (const skipped of program.words.keys()) {
      const own = program.words.slice(skipped);
      if (!own.every((one, index) => one.test(words[index] ?? ""))) continue;
      return { program, started: [...runners, ...words.slice(0, own.length)].join(" "), rest: words.slice(own.length) };
    }
  }
  return { program: undefined, started: "", rest: [...argv] };
}

function isSwitch(value: string | undefined): boolean {
  return value === "true" || value === "false";
}

/** `--spa dist`: the word behind it is the folder. */
function isFolderOf(flag: string, value: string): boolean {
  return flag === "--spa" && !/\.html?$/.test(value);
}

/** "./public/index.html" -> "/index.html": other servers name a file, and not a path of the site. */
function pageOf(value: string): string {
  return `/${value.replace(/^.*\//, "")}`;
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
