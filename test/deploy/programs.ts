// Programs that the tests of deploy/ run, and the files of that folder.
import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const DEPLOY: string = join(import.meta.dirname, "../../deploy");

export const read = (name: string): string => readFileSync(join(DEPLOY, name), "utf8");

/** For the option `skip` of a test: why it cannot run, or false. */
export function missing(...programs: string[]): string | false {
  const absent = programs.filter((program) => !isThere(program));
  return absent.length === 0 ? false : `needs ${absent.join(" and ")}`;
}

function isThere(program: string): boolean {
  return `${process.env["PATH"]}:/usr/sbin`.split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${process.env["PATH"]}:/usr/sbin`,
  LC_ALL: "C.UTF-8",
};

/** @returns what was printed; rejects when the status is not 0 */
export async function run(program: string, argv: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, argv, { env: ENVIRONMENT, timeout: 30_000 });
}
