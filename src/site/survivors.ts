// Caches that stay valid across a reload and are expensive to rebuild. Everything else is made anew with the site. One
// for each thread.
import { ContentTags } from "../content/plans/content-tags.ts";
import { VerifiedPasswords } from "../features/access/verified-passwords.ts";
import { Releases } from "../files/previous-release.ts";

export class Survivors {
  readonly contentTags: ContentTags = new ContentTags();
  readonly releases: Releases = new Releases();
  readonly verifiedPasswords: VerifiedPasswords = new VerifiedPasswords();
}
