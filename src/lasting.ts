// What is true whatever the options say, and dear to find out again: a reload makes a new site of everything else. One
// for each thread.
import { ContentTags } from "./content/content-tags.ts";
import { Releases } from "./content/previous-release.ts";
import { VerifiedPasswords } from "./features/verified-passwords.ts";

export class Lasting {
  readonly contentTags: ContentTags = new ContentTags();
  readonly releases: Releases = new Releases();
  readonly verifiedPasswords: VerifiedPasswords = new VerifiedPasswords();
}
