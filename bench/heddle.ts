// Heddle as a peer: the built package of a checkout, with a configuration file for the setups that want one.
import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CERTIFICATE,
  hostName,
  logFileOf,
  type Place,
  REDIRECT_COUNT,
  type Setup,
  SITE_COUNT,
  siteName,
} from "./place.ts";

const HEADER_RULE_COUNT = 20;

export function heddleCommand(project: string, transport: "kernel" | "portable", place: Place): [string, ...string[]] {
  const program = join(project, "dist", "cli", "main.js");
  const { setup, port } = place;
  return [
    ...([process.execPath, program, setup === "keep-previous" ? release(place) : place.root] as const),
    ...["--host", "127.0.0.1", "--port", `${port}`, "--threads", threads(setup), "--transport", transport, "--quiet"],
    ...flags(setup, program, place),
  ];
}

function threads(setup: Setup): string {
  if (setup === "per-connection") return "per-connection";
  return setup === "two-threads" ? "2" : "1";
}

function flags(setup: Setup, program: string, place: Place): readonly string[] {
  switch (setup) {
    case "plain":
    case "two-threads":
      return [];
    case "spa":
      return ["--spa"];
    case "clean-urls":
      return ["--clean-urls"];
    case "listings":
      return ["--listing"];
    case "keep-previous":
      return ["--keep-previous", "3600"];
    case "auth":
      return ["--auth", `bench:${passwordHash(program)}`];
    case "tls":
      return ["--tls-cert", CERTIFICATE.cert, "--tls-key", CERTIFICATE.key];
    case "h2c":
      return ["--h2c"];
    case "log":
      return ["--log", "combined", "--log-file", logFileOf(place)];
    case "per-connection":
      return ["--max-threads", "256"];
    case "redirects":
    case "headers":
    case "thousand-sites":
      return ["--config", configurationFile(place, OPTIONS[setup](place.root))];
    default:
      return setup satisfies never;
  }
}

const OPTIONS = {
  redirects: () => ({
    redirects: numbers(REDIRECT_COUNT).map((index) => ({
      from: `/old/${siteName(index)}/*`,
      to: `/new/${siteName(index)}/*`,
    })),
  }),
  headers: () => ({
    headers: numbers(HEADER_RULE_COUNT).map((index) => ({
      // The first one matches everything.
      for: index === 0 ? "/*" : `/assets-${index}/*`,
      set: { "X-Bench": `${index}` },
    })),
  }),
  "thousand-sites": (root: string) => ({
    sites: Object.fromEntries(
      numbers(SITE_COUNT).map((index) => [hostName(index), { root: join(root, siteName(index)) }]),
    ),
  }),
};

/** The root as a link, which a new release would replace. */
function release({ root, folder }: Place): string {
  const link = join(folder, "current");
  symlinkSync(root, link);
  return link;
}

function passwordHash(program: string): string {
  return execFileSync(process.execPath, [program, "hash-password"], { input: "bench\n", encoding: "utf8" }).trim();
}

function configurationFile({ folder }: Place, options: object): string {
  const path = join(folder, "heddle.bench.json");
  writeFileSync(path, JSON.stringify(options));
  return path;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
