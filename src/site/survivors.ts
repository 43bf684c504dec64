// Caches that stay valid across a reload and are expensive to rebuild. Everything else is made anew with the site. One
// for each thread.
import { Hashes } from "../content/plans/hashes.ts";
import { VerifiedPasswords } from "../features/access/verified-passwords.ts";
import { Releases } from "../files/previous-release.ts";

export class Survivors {
  readonly hashes: Hashes = new Hashes();
  readonly releases: Releases = new Releases();
  readonly verifiedPasswords: VerifiedPasswords = new VerifiedPasswords();
}
