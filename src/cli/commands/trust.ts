// `heddle trust`: makes the programs of this machine trust the authority behind `--tls dev`, or takes that back. Each command is
// shown before it runs.
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { promisify } from "node:util";
import { openAuthority, publishCertificate, readAuthority } from "../../local-authority/authority.ts";
import { localAuthorityFolder } from "../../local-authority/places.ts";
import { type Step, stepsFor } from "../../local-authority/stores.ts";
import { printable } from "../../telemetry/printable.ts";
import type { Io } from "./io.ts";

const run = promisify(execFile);

/** @returns the exit status: 0, 1 when something is left to do by hand or has failed, 2 for other arguments */
export async function trust(argv: readonly string[], io: Io): Promise<number> {
  const unknown = argv.find((word) => word !== "--dry-run" && word !== "--remove");
  if (unknown !== undefined) {
    io.stderr.write(`heddle: trust takes --dry-run and --remove, not ${printable(unknown)}\n`);
    return 2;
  }
  const [isDryRun, isRemoval] = [argv.includes("--dry-run"), argv.includes("--remove")];
  const folder = localAuthorityFolder(io.environment);
  const former = await readAuthority(folder, Date.now());
  if (former === undefined && isRemoval) {
    io.stderr.write(`heddle: found no authority in ${printable(folder)}: nothing trusts it\n`);
    return 1;
  }
  if (former === undefined && isDryRun) {
    io.stdout.write(`makes an authority in ${printable(folder)}\n`);
    return 0;
  }
  const authority = former ?? (await openAuthority(folder, Date.now()));
  const file = await publishCertificate(folder, authority);
  const name = `heddle-dev-${authority.certificate.fingerprint256.replaceAll(":", "").slice(0, 12).toLowerCase()}`;
  const steps = stepsFor(machineOf(io), { file, name, isRemoval });
  io.stdout.write(`authority: ${printable(file)}\n`);
  let openCount = 0;
  for (const step of steps) {
    if (!(await take(step, isDryRun, io))) openCount++;
  }
  if (!steps.some(({ store }) => store !== "the system")) {
    io.stdout.write("browsers: no profile of Chromium or Firefox was found; start the browser once, and come back\n");
  }
  return openCount === 0 || isDryRun ? 0 : 1;
}

function machineOf({ environment }: Io): Parameters<typeof stepsFor>[0] {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    home: environment["HOME"] || homedir(),
    path: environment["PATH"] ?? "",
  };
}

/** @returns whether nothing is left to do */
async function take({ store, commands, missing }: Step, isDryRun: boolean, io: Io): Promise<boolean> {
  io.stdout.write(`${printable(store)}:${missing === undefined ? "" : ` ${printable(missing)}`}\n`);
  for (const command of commands) {
    io.stdout.write(`  ${command.map(quoted).join(" ")}\n`);
    if (isDryRun || missing !== undefined) continue;
    const [program, ...words] = command as [string, ...string[]];
    try {
      await run(program, words, { env: io.environment });
    } catch (error) {
      const { stderr = "", message } = error as { stderr?: string; message: string };
      io.stderr.write(`heddle: ${printable(stderr.trim() || message)}\n`);
      return false;
    }
  }
  return missing === undefined;
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`;
}
