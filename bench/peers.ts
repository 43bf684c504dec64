// The servers that are compared: where each is found, its version, and how it is started well configured: one
// thread or worker, no access log, sendfile, connections kept for as many requests as it can be told.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { caddyfile, h2oConfiguration, lighttpdConfiguration, nginxConfiguration } from "./configurations.ts";
import { heddleCommand } from "./heddle.ts";
import { CERTIFICATE, type Place, type Setup } from "./place.ts";

export interface Peer {
  /** As `--peers` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  /** What its version is, or undefined when it is not installed. */
  readonly version: string | undefined;
  /** Program and arguments; writes the configuration that they name. Undefined when it cannot do what the setup wants. */
  command(place: Place): readonly [string, ...string[]] | undefined;
  /**
   * Replies in one round of random paths, where it cannot give more: lighttpd keeps each file open for some seconds, and
   * answers with errors, which cost it less, when it runs out of descriptors.
   */
  readonly replyLimit?: number;
}

const PROJECT = join(import.meta.dirname, "..");
const MODULES = join(import.meta.dirname, "peers", "node_modules");

/**
 * All that we know of.
 * @param floor the compiled floor.c, if there is a compiler
 * @param before another checkout of this project, built, for what a change gives
 */
export function allPeers(floor: string | undefined, before?: string): readonly Peer[] {
  return [
    heddle("heddle", "kernel"),
    ...(before === undefined ? [] : [heddle("heddle-before", "kernel", before)]),
    heddle("heddle-portable", "portable"),
    ...(before === undefined ? [] : [heddle("heddle-portable-before", "portable", before)]),
    {
      name: "floor",
      title: "C floor (no server)",
      version: floor && firstLine("gcc", ["--version"]),
      command: ({ port }) => [floor ?? "", `${port}`],
    },
    nginx("nginx", false),
    nginx("nginx-cache", true),
    {
      name: "h2o",
      title: "h2o",
      version: firstLine("h2o", ["--version"])?.replace("h2o version ", ""),
      // A page that h2o gives for what is not found keeps the status 404.
      command: only(["plain", "log", "redirects", "thousand-sites", "tls", "h2c"], (place) => [
        "h2o",
        "--conf",
        h2oConfiguration(place),
      ]),
    },
    {
      name: "lighttpd",
      title: "lighttpd",
      version: /[\d.]+/.exec(firstLine("lighttpd", ["-v"]) ?? "")?.[0],
      command: only(["plain", "spa", "redirects", "thousand-sites"], (place) => [
        ...(["lighttpd", "-D", "-f", lighttpdConfiguration(place)] as const),
      ]),
      replyLimit: 12_000,
    },
    {
      name: "caddy",
      title: "Caddy",
      version: firstLine("caddy", ["version"]),
      command: only(["plain"], (place) => [
        ...(["env", "GOMAXPROCS=1", `HOME=${place.folder}`, "caddy", "run"] as const),
        ...["--adapter", "caddyfile", "--config", caddyfile(place)],
      ]),
    },
    bun(),
    onNode(
      ...(["sirv", "sirv-cli"] as const),
      ({ root, port, setup }) => [
        ...["sirv-cli/bin.js", root, "--host", "127.0.0.1", "--port", `${port}`, "--etag", "--quiet"],
        ...(setup === "spa" ? ["--single"] : []),
      ],
      ["plain", "spa"],
    ),
    onNode("serve", "serve", ({ root, port }) => [
      ...["serve/build/main.js", root, "--listen", `tcp://127.0.0.1:${port}`],
      ...["--no-clipboard", "--no-request-logging", "--no-compression", "--no-port-switching"],
    ]),
    onNode("http-server", "http-server", ({ root, port }) => [
      ...["http-server/bin/http-server", root, "-a", "127.0.0.1", "-p", `${port}`, "--silent"],
    ]),
    {
      name: "node-http2",
      title: "node:http2, fixed answers",
      version: `Node ${process.versions.node}`,
      command: only(["h2c", "tls"], ({ root, port, setup }) => [
        ...([process.execPath, join(import.meta.dirname, "peers", "node-http2.js"), root, `${port}`] as const),
        ...(setup === "tls" ? [CERTIFICATE.cert, CERTIFICATE.key] : []),
      ]),
    },
    onNode("@fastify/static", "@fastify/static", ({ root, port }) => ["../fastify.js", root, `${port}`]),
  ];
}

function heddle(name: string, transport: "kernel" | "portable", project: string = PROJECT): Peer {
  return {
    name,
    title: `Heddle, ${transport}${project === PROJECT ? "" : ", before the change"}`,
    version: `${versionOf(join(project, "package.json"))} on Node ${process.versions.node}`,
    command: (place) => heddleCommand(project, transport, place),
  };
}

function nginx(name: string, hasFileCache: boolean): Peer {
  return {
    name,
    title: hasFileCache ? "nginx, open_file_cache" : "nginx",
    version: firstLine("nginx", ["-v"])?.replace("nginx version: nginx/", ""),
    command: only(["plain", "log", "spa", "redirects", "thousand-sites", "tls", "h2c"], (place) => [
      ...(["nginx", "-p", place.folder, "-e", "error.log", "-c", nginxConfiguration(place, hasFileCache)] as const),
    ]),
  };
}

/** The program itself, whatever this platform's is called; the `bun` package only copies it when it may run scripts. */
function bun(): Peer {
  const platforms = join(MODULES, "@oven");
  const platform = existsSync(platforms) ? readdirSync(platforms)[0] : undefined;
  const program = platform && join(platforms, platform, "bin", "bun");
  return {
    name: "bun",
    title: "Bun.serve, hot files as routes",
    version: program && firstLine(program, ["--version"]),
    command: only(["plain"], ({ root, port }) => [
      ...([program ?? "", join(import.meta.dirname, "peers", "bun.js"), root, `${port}`] as const),
    ]),
  };
}

function onNode(
  name: string,
  packageName: string,
  argv: (place: Place) => readonly string[],
  setups: readonly Setup[] = ["plain"],
): Peer {
  return {
    name,
    title: name,
    version: versionOf(join(MODULES, packageName, "package.json")),
    command: only(setups, (place) => {
      const [script = "", ...rest] = argv(place);
      return [process.execPath, join(MODULES, script), ...rest];
    }),
  };
}

/** The command in these setups, none in others. */
function only(setups: readonly Setup[], command: (place: Place) => readonly [string, ...string[]]): Peer["command"] {
  return (place) => (setups.includes(place.setup) ? command(place) : undefined);
}

function versionOf(packageFile: string): string | undefined {
  return existsSync(packageFile)
    ? process.getBuiltinModule("module").createRequire(packageFile)(packageFile).version
    : undefined;
}

/** The first line that a program prints, on either of its outputs; undefined when there is no such program. */
function firstLine(program: string, argv: readonly string[]): string | undefined {
  try {
    return execFileSync("sh", ["-c", 'command -v "$0" >/dev/null && "$0" "$@" 2>&1', program, ...argv], {
      encoding: "utf8",
      timeout: 5000,
    }).split("\n")[0];
  } catch {
    return undefined;
  }
}
