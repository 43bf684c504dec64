// What can be written on the command line, as data: the program (arguments.ts), its help and the tables of
// the documentation are all made from this list. What the values mean, their ranges and their defaults
// belong to options.ts.
import { DEFAULTS, type ServerOptions } from "../options.ts";

export interface Flag {
  /** As commander and the help text write it: "--port <n>". */
  readonly term: string;
  /** The option that it sets, or undefined for what only a command line has. */
  readonly field?: keyof ServerOptions;
  /** A variable of the environment that stands in when the flag is not given. */
  readonly environment?: string;
  /** Written in seconds, with up to three decimals, while the field counts milliseconds. */
  readonly isSeconds?: true;
  /** Written in octal digits, as for chmod. */
  readonly isOctal?: true;
  readonly meaning: string;
}

/** The folder, the only argument that is not a flag. */
export const ROOT: Flag = { term: "[root]", field: "root", meaning: "folder to serve" };

/** In the order and under the headings of the help text. */
export const FLAG_GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  "Where to listen": [
    {
      term: "--host <name>",
      field: "host",
      environment: "HOST",
      meaning: "name or address; 0.0.0.0 or :: opens it to the network",
    },
    {
      term: "--port <n>",
      field: "port",
      environment: "PORT",
      meaning: "TCP port, 0 for any free one; the default one moves on when it is busy",
    },
    { term: "--socket <path>", field: "socket", meaning: "Unix socket, instead of host and port (kernel transport)" },
    { term: "--socket-mode <octal>", field: "socketMode", isOctal: true, meaning: "who may connect to it" },
  ],
  Threads: [
    {
      term: "--threads <n|auto|per-connection>",
      field: "threads",
      meaning: "how many serve, one per core, or one for each connection",
    },
    { term: "--max-threads <n>", field: "maxThreads", meaning: "bound for per-connection" },
    { term: "--transport <auto|kernel|portable>", field: "transport", meaning: "how bytes reach the sockets" },
    {
      term: "--accept <auto|reuse-port|transfer>",
      field: "accept",
      meaning: "who hands out connections: the kernel, or the main thread",
    },
  ],
  Serving: [
    {
      term: "--revalidate <seconds>",
      field: "revalidateMs",
      isSeconds: true,
      meaning: "look at a file again at most this often; 0 at every request",
    },
    {
      term: "--grace <seconds>",
      field: "graceMs",
      isSeconds: true,
      meaning: "for requests in flight to finish after Ctrl+C",
    },
  ],
  Output: [
    { term: "--trace", field: "trace", meaning: "print connections, requests and responses" },
    { term: "--quiet", meaning: "print only errors, warnings and the trace" },
    { term: "-v, --version", meaning: "print the version" },
    { term: "-h, --help", meaning: "print this help" },
  ],
};

/** The default in the unit of the flag, for people to read; undefined when there is nothing worth saying. */
export function shownDefault(flag: Flag): string | undefined {
  if (flag === ROOT) return "./public if there is one, else .";
  const value: unknown = flag.field === undefined ? undefined : Reflect.get(DEFAULTS, flag.field);
  if (value === undefined || value === false) return undefined;
  if (flag.isOctal) return Number(value).toString(8);
  return String(flag.isSeconds ? Number(value) / 1000 : value);
}
