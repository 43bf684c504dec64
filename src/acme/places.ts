// Where the files of automatic certificates lie, below one folder. Every process with the same folder, authority and names
// comes to the same files, and so shares the account, the certificate and the failures.
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface Places {
  /** The account at this authority: its key and its URL. */
  readonly account: string;
  /** Held by the process that orders. */
  readonly lock: string;
  /** The private key, the certificate and its chain: one file, which is replaced as a whole. */
  readonly certificate: string;
  /** Failures, and when to try again. */
  readonly state: string;
}

/** @param domains in the order of the option, which does not count */
export function placesOf(keyFolder: string, directoryUrl: string, domains: readonly string[]): Places {
  const authority = join(keyFolder, named(new URL(directoryUrl).host, directoryUrl));
  const names = [...domains].sort();
  const folder = join(authority, named(domains[0]!, names.join(" ")));
  return {
    account: join(authority, "account.json"),
    lock: join(authority, "lock"),
    certificate: join(folder, "certificate.pem"),
    state: join(folder, "state.json"),
  };
}

/** RFC 8555 §8.3: characters of base64url only, so that a token can be the name of a file. */
export const TOKEN: RegExp = /^[\w-]{1,200}$/;

/** The answers to challenges, over HTTP by token, over TLS by name (../tls/challenge.ts). All authorities share it, since they ask the same port. */
export function challengeFolder(keyFolder: string): string {
  return join(keyFolder, "challenges");
}

/** "example.com-1a2b3c4d": a name for people, made unique by a hash of the whole. */
function named(name: string, whole: string): string {
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  return `${name.replace(/[^\w.-]/g, "_").slice(0, 100)}-${hash}`;
}
