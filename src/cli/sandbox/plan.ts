// What a server may still open once it runs: its sites, its certificates and its configuration, and the files of the system
// that Node and libc read later. "auto" allows as much around these as deployments need; "strict" only what is named.
import { statSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { Restrictions } from "../../linux/landlock.ts";
import { namedFolders } from "../../options/check-folders.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { aroundFile, aroundFolder } from "./surroundings.ts";

/** What the command knows besides the options. */
export interface Surroundings {
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  /** Of this package: threads that start later load its files. */
  readonly packageFolder: string;
  /** Where V8's code is kept; undefined where it is not. */
  readonly cacheFolder: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Plan extends Restrictions {
  /** Folders of sites, mounts and configuration, for people. */
  readonly sites: readonly string[];
  /** Folders that may be written to, for people. */
  readonly written: readonly string[];
}

/**
 * Libraries that are loaded late, time zones, names and addresses; processors and memory as Node counts them; and, of
 * /proc, descriptors and memory of this process. Nobody's data.
 */
const OF_SYSTEM: readonly string[] = [
  "/usr",
  "/lib",
  "/lib64",
  "/proc",
  "/sys/devices/system",
  "/sys/fs/cgroup",
  "/dev/null",
  "/dev/urandom",
  "/dev/random",
  "/etc/hosts",
  "/etc/host.conf",
  "/etc/nsswitch.conf",
  "/etc/resolv.conf",
  "/etc/gai.conf",
  "/etc/localtime",
  "/etc/ssl",
  "/etc/pki",
];

/** Files of certificates that Node's TLS reads when it first connects. */
const CERTIFICATE_VARIABLES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

export function planSandbox(options: ResolvedOptions, surroundings: Surroundings, mode: "auto" | "strict"): Plan {
  const folders = mode === "auto" ? aroundFolder : (path: string) => [path];
  const { file, packageFolder, environment } = surroundings;
  const isProgram = file !== undefined && extname(file) !== ".json";
  const sites = outermost([
    ...namedFolders(options).flatMap(folders),
    ...(file === undefined ? [] : aroundFile(file)),
    // A program imports others, also from folders above it.
    ...(isProgram && dirname(file) !== "/" ? folders(dirname(file)) : []),
  ]);
  const certificates = (options.tls ?? []).flatMap(({ cert, key, pfx, passphraseFile, clientCa }) =>
    [cert, key, pfx, passphraseFile, clientCa].filter((path) => path !== undefined).flatMap(aroundFile),
  );
  const written = outermost([...storageOf(options), ...logPlacesOf(options), ...pidPlaceOf(options)]);
  const variables = CERTIFICATE_VARIABLES.map((name) => environment[name] || undefined);
  const read = [
    ...sites,
    ...certificates,
    ...folders(packageFolder),
    ...OF_SYSTEM,
    // Names are looked up for months, and whatever manages the network replaces its files.
    ...(options.acme === undefined ? [] : ["/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf"]),
    ...variables.filter((path) => path !== undefined),
  ];
  const kept = [surroundings.cacheFolder, environment["NODE_V8_COVERAGE"] || undefined];
  return {
    sites,
    written,
    rules: [
      ...outermost(read).map((path) => [path, "read"] as const),
      ...[...written, ...kept.filter((path) => path !== undefined)].map((path) => [path, "write"] as const),
      ...socketsOf(options).map((path) => [dirname(path), "sockets"] as const),
    ],
    // A configuration that is a program is run again at each reload, and may do what it did at the start.
    mayExecute: isProgram,
    mayConnect: isProgram || options.acme !== undefined,
  };
}

/** Unix sockets come and go; those in the abstract namespace have no files. */
function socketsOf({ listen, admin }: ResolvedOptions): string[] {
  const paths = listen.map((one) => (one.kind === "socket" && !one.path.startsWith("@") ? one.path : undefined));
  return [...paths, admin?.kind === "socket" ? admin.path : undefined].filter((path) => path !== undefined);
}

/** Where keys and certificates are kept that the server makes or gets by itself. */
export function storageOf({ acme, localAuthority }: ResolvedOptions): string[] {
  return [acme?.keyFolder, localAuthority].filter((folder) => folder !== undefined);
}

/** The folder of the access log, in which files are renamed; the file alone where it is a device or a pipe. */
function logPlacesOf({ log, logFile }: ResolvedOptions): string[] {
  if (log === "off" || logFile === undefined) return [];
  const folder = dirname(logFile);
  const isAlone = folder === "/" || statSync(logFile, { throwIfNoEntry: false })?.isFile() === false;
  return [isAlone ? logFile : folder];
}

/** The folder, in which the file is made under another name first. */
function pidPlaceOf({ pidFile }: ResolvedOptions): string[] {
  return pidFile === undefined ? [] : [dirname(pidFile)];
}

/** Without those that are in others. */
function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)];
  return all.filter(
    (path) => !all.some((other) => other !== path && path.startsWith(other === "/" ? other : `${other}/`)),
  );
}
