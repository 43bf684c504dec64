// Where the authority for development and its certificate lie.
import { homedir } from "node:os";
import { join } from "node:path";

/** The user's configuration folder; each user has an authority of their own. */
export function localAuthorityFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const configured = process.platform === "win32" ? environment["APPDATA"] : environment["XDG_CONFIG_HOME"];
  return join(configured || join(environment["HOME"] || homedir(), ".config"), "heddle", "dev");
}

/** Key and certificate of the server, in one file, which is replaced as a whole. */
export function serverFileIn(folder: string): string {
  return join(folder, "server.pem");
}

/** Key and certificate of the authority. */
export function authorityFileIn(folder: string): string {
  return join(folder, "authority.pem");
}

/** The certificate of the authority alone. */
export function certificateFileIn(folder: string): string {
  return join(folder, "authority.crt");
}
