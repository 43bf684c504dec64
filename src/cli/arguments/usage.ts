// The commands in words, as data: for the help of the program, and for each command's own. No imports, so that
// `heddle help <page>` loads nothing else.

export type CommandName =
  | "check"
  | "completion"
  | "config"
  | "dictionary"
  | "explain"
  | "hash-password"
  | "help"
  | "precompress"
  | "top"
  | "trust"
  | "upgrade";

export interface CommandUsage {
  readonly usage: string;
  /** A line in the list of commands, in the imperative. */
  readonly meaning: string;
  /** The paragraph of `--help`; undefined for a command that parses its own `--help`. */
  readonly help: string | undefined;
}

/** Shells that `heddle completion` knows. */
export const SHELLS: readonly string[] = ["bash", "zsh", "fish"];

/** Every command; without one, heddle serves. */
export const COMMANDS: Readonly<Record<CommandName, CommandUsage>> = {
  check: {
    usage: "check [file]",
    meaning: "check a configuration without serving",
    help: `Checks a configuration without serving: the file, or ./heddle.config.* if you
name none, its folders and certificates, and _redirects, _headers and serve.json
in the root. The exit status is 0 when the configuration can be used, and 2 when
it has a mistake.`,
  },
  completion: {
    usage: "completion <shell>",
    meaning: "print completions for bash, zsh or fish",
    help: `Prints what makes a shell complete the flags and commands of heddle:

  bash  source <(heddle completion bash)               in ~/.bashrc
  zsh   source <(heddle completion zsh)                in ~/.zshrc, after compinit
  fish  heddle completion fish > ~/.config/fish/completions/heddle.fish`,
  },
  config: {
    usage: "config [options] [root]",
    meaning: "print every option and its source",
    help: `Prints every option and its source as JSON. Takes the same options as serving;
heddle --help lists them.`,
  },
  dictionary: {
    usage: "dictionary [options] <root>",
    meaning: "write what pages have in common",
    help: `Writes pages-<hash>.dict.txt into the folder: what its pages have in common. With
--dictionaries, browsers keep it, and get each further page without that. Each
page has to name it in its head; the command prints how.

  --size <bytes>  no more than so many bytes; default 65536
  --insert        write the link into the pages`,
  },
  explain: {
    usage: "explain <url> [options]",
    meaning: "show what answers a request, and why",
    help: undefined,
  },
  "hash-password": {
    usage: "hash-password",
    meaning: "print the hash of a password, for --auth",
    help: `Asks for a password, or reads it from standard input, and prints its hash for
--auth and for the option auth.`,
  },
  help: {
    usage: "help [page]",
    meaning: "print this help, or a page of the manual",
    help: `Prints a page of the manual. Without a page, prints the help and the list of
pages.`,
  },
  precompress: {
    usage: "precompress [options] <root>",
    meaning: "write compressed copies next to files",
    help: undefined,
  },
  top: {
    usage: "top [address|socket]",
    meaning: "watch the threads of a running server",
    help: `Shows the threads of a server at work, in this terminal: connections, requests
per second, the latest and the slowest requests, refusals. The server must have
been started with --console. Without an address, asks localhost:9180.

  heddle top                       a server on this machine, started with --console
  heddle top 9190                  another port of this machine
  heddle top /run/heddle.sock      a socket
  heddle top 'http://host:9180/console?token=…'
                                   the address that the start has printed

  --once  print one snapshot, and end; so without a terminal
  --json  the same as JSON

Keys: q quits, Tab changes the view, p pauses, ? lists the others. NO_COLOR=1
turns colours off.`,
  },
  trust: {
    usage: "trust [--dry-run] [--remove]",
    meaning: "make this machine trust --tls dev",
    help: `Makes the programs of this machine trust the authority behind --tls dev: the
system, and the browsers that are found. Prints every command before it runs it,
and what is missing. What needs root is printed, and not run without it.

  --dry-run  print what would be done, and do nothing
  --remove   take the trust back`,
  },
  upgrade: {
    usage: "upgrade [--pid <n>]",
    meaning: "replace a running server (Linux)",
    help: `Starts this version of heddle in the place of a running server, with the same
arguments and variables, and on the same sockets: no connection is refused. The
running server finishes its requests and stops. If the new one cannot start, the
running one goes on. Run it as the user of the server.

  --pid <n>          number of the running server; MAINPID if it is set, as in a
                     unit of systemd (ExecReload=heddle upgrade)
  --pid-file <path>  file with that number, as the server was started with`,
  },
};
