// The stores of authorities that programs on this machine trust, and the commands that change them: as data, so that they can
// be shown before anything is done. What needs root is never done with the rights of a user, and no password is asked for.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly home: string;
  /** As in the environment: folders with programs. */
  readonly path: string;
  /** Root of the file system. @default "/" */
  readonly root?: string;
}

/** One store, and what has to be done there. */
export interface Step {
  /** "the system", "Chromium" */
  readonly store: string;
  /** Words of each command, in order. */
  readonly commands: readonly (readonly string[])[];
  /** Why we cannot run them, and what would help; undefined when we can. */
  readonly missing?: string;
}

export interface Wish {
  /** The certificate, in PEM. */
  readonly file: string;
  /** How stores call it: the same for all certificates of the authority, and of no other. */
  readonly name: string;
  readonly isRemoval: boolean;
}

/** @returns the steps of all stores that are found */
export function stepsFor(machine: Machine, wish: Wish): Step[] {
  return [systemStep(machine, wish), ...nssSteps(machine, wish)];
}

interface SystemStore {
  readonly folder: string;
  readonly command: readonly string[];
}

/** Debian and Ubuntu, then Fedora and its kin, then Arch. */
const SYSTEM_STORES: readonly SystemStore[] = [
  { folder: "usr/local/share/ca-certificates", command: ["update-ca-certificates"] },
  { folder: "etc/pki/ca-trust/source/anchors", command: ["update-ca-trust", "extract"] },
  { folder: "etc/ca-certificates/trust-source/anchors", command: ["trust", "extract-compat"] },
];

function systemStep(machine: Machine, wish: Wish): Step {
  if (machine.platform === "darwin") return keychainStep(wish);
  const root = machine.root ?? "/";
  const store = SYSTEM_STORES.find(({ folder }) => existsSync(join(root, folder)));
  if (machine.platform !== "linux" || store === undefined) {
    const missing = `no store is known here; import ${wish.file} by hand`;
    return { store: "the system", commands: [], missing };
  }
  const copy = join(root, store.folder, `${wish.name}.crt`);
  const first = wish.isRemoval ? ["rm", "-f", copy] : ["install", "-m", "644", wish.file, copy];
  const commands = [first, [...store.command]];
  if (!machine.isRoot) {
    const missing = "this needs root: run the commands with sudo in front";
    return { store: "the system", commands, missing };
  }
  return { store: "the system", commands, ...missingProgram(machine, store.command[0]!, "ca-certificates") };
}

function keychainStep({ file, isRemoval }: Wish): Step {
  const command = isRemoval
    ? ["security", "remove-trusted-cert", file]
    : ["security", "add-trusted-cert", "-r", "trustRoot", file];
  return { store: "the keychain", commands: [command] };
}

/** NSS: what Chromium on Linux and Firefox read. */
function nssSteps(machine: Machine, { file, name, isRemoval }: Wish): Step[] {
  return nssFolders(machine).map(({ store, folder }) => {
    const database = ["certutil", "-d", `sql:${folder}`];
    // Trusted for servers only.
    const change = isRemoval ? ["-D", "-n", name] : ["-A", "-n", name, "-t", "C,,", "-i", file];
    const needed = missingProgram(machine, "certutil", "libnss3-tools (Fedora: nss-tools)");
    return { store, commands: [[...database, ...change]], ...needed };
  });
}

function nssFolders({ home, platform }: Machine): { store: string; folder: string }[] {
  const firefox = platform === "darwin" ? ["Library/Application Support/Firefox/Profiles"] : FIREFOX;
  const profiles = firefox.flatMap((above) => {
    const folder = join(home, above);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).map((name) => ({ store: `Firefox (${name})`, folder: join(folder, name) }));
  });
  const chromium = CHROMIUM.map((folder) => ({ store: "Chromium", folder: join(home, folder) }));
  return [...(platform === "linux" ? chromium : []), ...profiles].filter(({ folder }) =>
    existsSync(join(folder, "cert9.db")),
  );
}

const CHROMIUM: readonly string[] = [".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb"];
const FIREFOX: readonly string[] = [
  ".mozilla/firefox",
  "snap/firefox/common/.mozilla/firefox",
  ".var/app/org.mozilla.firefox/.mozilla/firefox",
];

function missingProgram({ path }: Machine, program: string, from: string): { missing?: string } {
  const isThere = path.split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
  return isThere ? {} : { missing: `there is no ${program}: install ${from}` };
}
