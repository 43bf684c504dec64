// Completions for bash, zsh and fish, and the manual page, made from the flags and the commands (src/cli/arguments/).
// `node docs/shell-files.ts` writes them into deploy/; test/shell-files.test.ts fails when they are out of date, and
// test/deploy tries them in the shells.
import { writeFileSync } from "node:fs";
import { FLAG_GROUPS, type Flag, otherVariableOf, ROOT, shownDefault } from "../src/cli/arguments/flags.ts";
import { COMMANDS, SHELLS } from "../src/cli/arguments/usage.ts";

export interface ShellFile {
  readonly file: URL;
  readonly text: () => string;
}

const FOLDER = new URL("../deploy/", import.meta.url);

export const SHELL_FILES: readonly ShellFile[] = [
  { file: new URL("shell/heddle.bash", FOLDER), text: bashCompletion },
  { file: new URL("shell/_heddle", FOLDER), text: zshCompletion },
  { file: new URL("shell/heddle.fish", FOLDER), text: fishCompletion },
  { file: new URL("heddle.1", FOLDER), text: manualPage },
];

/** A flag as shells see it. */
interface Completed {
  readonly long: string;
  readonly short: string | undefined;
  readonly meaning: string;
  /** What may follow: nothing, one of some words, a file, or any word. A value in brackets may be left out. */
  readonly value: "none" | "file" | "any" | "optional" | readonly string[];
  readonly isRepeatable: boolean;
}

const FLAGS: readonly Completed[] = Object.values(FLAG_GROUPS).flat().map(completed);

function completed({ term, meaning, isRepeatable }: Flag): Completed {
  const [, short, long, value] = /^(?:(-\w), )?(--[\w-]+)(?: (.*))?$/.exec(term)!;
  return { long: long!, short, meaning, value: kindOf(value), isRepeatable: isRepeatable === true };
}

/** "<auto|strict>" are words; of "<n|auto>", only the word. */
function kindOf(shown: string | undefined): Completed["value"] {
  if (shown === undefined) return "none";
  if (shown.startsWith("[")) return "optional";
  if (shown === "<file>" || shown === "<path>") return "file";
  const words = shown.slice(1, -1).split("|");
  const fixed = words.filter((word) => word !== "n" && word !== "port");
  return words.length > 1 ? fixed : "any";
}

const HEAD = "made by docs/shell-files.ts";

function bashCompletion(): string {
  const names = (flags: readonly Completed[]): string =>
    flags.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long])).join("|");
  const byWords = FLAGS.filter(({ value }) => typeof value !== "string");
  const cases = byWords.map(
    (flag) => `    ${names([flag])}) words="${(flag.value as readonly string[]).join(" ")}" ;;`,
  );
  return `# Completion of heddle for bash, ${HEAD}. Source it, or: source <(heddle completion bash)
_heddle() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words= kind=directory
  case $previous in
${cases.join("\n")}
    completion) words="${SHELLS.join(" ")}" ;;
    ${names(FLAGS.filter(({ value }) => value === "file"))}|check|top) kind=file ;;
    ${names(FLAGS.filter(({ value }) => value === "any"))}) return ;;
  esac
  if [[ -z $words && $word == -* ]]; then
    words="${FLAGS.map(({ long }) => long).join(" ")}"
  fi
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(
    compgen -A "$kind" -- "$word"
    ((COMP_CWORD == 1)) && compgen -W "${Object.keys(COMMANDS).join(" ")}" -- "$word"
  )
}
complete -F _heddle heddle
`;
}

function zshCompletion(): string {
  const action = ({ value }: Completed): string => {
    if (value === "none") return "";
    if (value === "optional") return "::value: ";
    if (value === "file") return ":file:_files";
    return value === "any" ? ":value: " : `:value:(${value.join(" ")})`;
  };
  const specs = FLAGS.map((flag) => {
    const { long, short, meaning, isRepeatable } = flag;
    const text = `[${meaning.replaceAll(/[[\]:\\]/g, "\\$&")}]${action(flag)}`;
    const quoted = `'${text.replaceAll("'", "'\\''")}'`;
    if (short !== undefined) return `'(${short} ${long})'{${short},${long}}${quoted}`;
    return `${isRepeatable ? "'*'" : ""}${long}${quoted}`;
  });
  const commands = Object.entries(COMMANDS).map(
    ([name, { meaning }]) => `'${name}:${meaning.replaceAll("'", "'\\''")}'`,
  );
  return `#compdef heddle
# Completion of heddle for zsh, ${HEAD}. Put it into a folder of $fpath as _heddle.
_heddle_first() {
  local -a commands=(
    ${commands.join("\n    ")}
  )
  _describe -t commands command commands
  _files -/
}

_heddle_second() {
  case $words[2] in
    completion) compadd ${SHELLS.join(" ")} ;;
    check|top) _files ;;
    *) _files -/ ;;
  esac
}

_heddle() {
  _arguments \\
    ${specs.join(" \\\n    ")} \\
    '1:folder or command:_heddle_first' \\
    '*:folder:_heddle_second'
}

if [[ $funcstack[1] == _heddle ]]; then
  _heddle "$@"
elif (( $+functions[compdef] )); then
  compdef _heddle heddle
fi
`;
}

function fishCompletion(): string {
  const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
  const kind = ({ value }: Completed): string => {
    if (value === "none" || value === "optional") return "";
    if (value === "file") return " -r -F";
    return value === "any" ? " -x" : ` -x -a ${quoted(value.join(" "))}`;
  };
  const flags = FLAGS.map((flag) => {
    const short = flag.short === undefined ? "" : ` -s ${flag.short.slice(1)}`;
    return `complete -c heddle${short} -l ${flag.long.slice(2)}${kind(flag)} -d ${quoted(flag.meaning)}`;
  });
  const commands = Object.entries(COMMANDS).map(
    ([name, { meaning }]) => `complete -c heddle -n __fish_use_subcommand -a ${name} -d ${quoted(meaning)}`,
  );
  return `# Completion of heddle for fish, ${HEAD}. Put it into ~/.config/fish/completions/.
complete -c heddle -f -a '(__fish_complete_directories)'
complete -c heddle -n '__fish_seen_subcommand_from check top' -F
complete -c heddle -n '__fish_seen_subcommand_from completion' -f -a ${quoted(SHELLS.join(" "))}
${[...commands, ...flags].join("\n")}
`;
}

function manualPage(): string {
  const groups = Object.entries(FLAG_GROUPS).map(
    ([heading, flags]) => `.SS ${roff(heading)}\n${flags.map(flagEntry).join("")}`,
  );
  const commands = Object.values(COMMANDS).map(
    ({ usage, meaning }) => `.TP\n.B heddle ${roff(usage)}\n${line(meaning)}`,
  );
  return `.\\" ${HEAD}
.TH HEDDLE 1 "" heddle "User Commands"
.SH NAME
heddle \\- serve a folder over HTTP with several threads
.SH SYNOPSIS
.B heddle
.RI [ options ]
.RI [ root ]
.br
.B heddle
.I command
.RI [ arguments ]
.SH DESCRIPTION
Serves the folder
.I root
(${roff(shownDefault(ROOT)!)}).
.SH OPTIONS
${groups.join("")}.SH COMMANDS
${commands.join("")}.SH ENVIRONMENT
Every option has a variable: HEDDLE_ and the name of its flag in capitals, such as HEDDLE_CLEAN_URLS=true.
A flag overrides a variable, and a variable overrides the configuration file.
.SH FILES
.TP
.I heddle.config.ts
.TQ
.I heddle.config.js
.TQ
.I heddle.config.mjs
.TQ
.I heddle.config.json
Options, in the working directory.
The server reads the file again when it changes, and after SIGHUP.
.SH EXIT STATUS
0 after a stop, 1 when the server cannot start, 2 for a mistake in the options.
.SH SIGNALS
SIGTERM and SIGINT stop the server in good order, a second one at once.
SIGHUP reads the configuration again.
.SH SEE ALSO
.B heddle help
lists the pages of the manual, and
.B heddle help deployment
is about systemd.
`;
}

function flagEntry(flag: Flag): string {
  const facts = [shownDefault(flag), otherVariableOf(flag)];
  const [value, variable] = [facts[0] && `default ${facts[0]}`, facts[1] && `also the variable ${facts[1]}`];
  const details = [value, variable].filter((one) => one !== undefined).join("; ");
  return `.TP\n.B ${roff(flag.term)}\n${line(details === "" ? flag.meaning : `${flag.meaning} (${details})`)}`;
}

/** A sentence on a line, which must not begin as a request of roff does. */
function line(text: string): string {
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  return `${roff(sentence).replace(/^[.']/, "\\&$&")}\n`;
}

function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
}

if (import.meta.main) {
  for (const { file, text } of SHELL_FILES) writeFileSync(file, text());
}
