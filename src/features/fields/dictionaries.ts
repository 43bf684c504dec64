// Which files browsers keep as dictionaries (RFC 9842), and which dictionary may be used for a path. A script or style with a
// fingerprint is a dictionary for all files whose names differ in the fingerprint only. What `heddle dictionary` writes is one
// for all pages of its folder and below.
import { writeUseAsDictionary } from "../../http/dictionary.ts";
import { isPagesDictionary, versionsOf } from "./fingerprint.ts";
import type { PathDictionary, PathPolicy } from "./path-policy.ts";

/** Which files browsers keep, to be sent only what is new in the next version (RFC 9842). */
export interface DictionaryOptions {
  /** Smaller scripts and styles are no dictionaries: a few hundred bytes would be saved. In bytes. @default 8192 */
  readonly leastBytes?: number;
  /** Larger ones are none: they would be encoded for too long. In bytes. @default 10485760 */
  readonly limitBytes?: number;
}

export type ResolvedDictionaries = Required<DictionaryOptions>;

/** What needs no escape in a URL pattern, and no quoting in a structured field. */
const PLAIN = /^[\w./~%@-]+$/;

/**
 * What the path of a file with a fingerprint has to do with dictionaries; undefined for nothing.
 * @param url canonically written
 */
export function dictionaryOf(url: string, options: ResolvedDictionaries): PathDictionary | undefined {
  if (!PLAIN.test(url)) return undefined;
  const folder = folderOf(url);
  if (isPagesDictionary(url)) return dictionaryOfPages(folder, url, options);
  const versions = versionsOf(url);
  if (versions === undefined) return undefined;
  return {
    ...options,
    // Without match-dest: scripts come to pages, workers and modules by turns, and only scripts have such names.
    use: writeUseAsDictionary({ match: versions, id: url.slice(folder.length), matchDest: [] }),
    urlOf(id) {
      const named = folder + id;
      return PLAIN.test(named) && versionsOf(named) === versions ? named : undefined;
    },
  };
}

/** It names itself by its path: pages of many folders have it. However small, it is one on purpose. */
function dictionaryOfPages(folder: string, url: string, { limitBytes }: ResolvedDictionaries): PathDictionary {
  const use = writeUseAsDictionary({ match: `${folder}*`, id: url, matchDest: ["document", "frame", "iframe"] });
  return { use, leastBytes: 0, limitBytes, urlOf: () => undefined };
}

/** What the path of a page has to do with dictionaries. @param url canonically written */
export function dictionaryForPage(url: string, options: ResolvedDictionaries): PathDictionary {
  const isAbove = (dictionary: string): boolean => url.startsWith(folderOf(dictionary));
  return {
    ...options,
    use: undefined,
    urlOf: (id) => (id.startsWith("/") && PLAIN.test(id) && isPagesDictionary(id) && isAbove(id) ? id : undefined),
  };
}

function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf("/") + 1);
}

/** The policy for a file of this size: one that is too small or too large is no dictionary. */
export function forSize(policy: PathPolicy, sizeBytes: number): PathPolicy {
  const { dictionary } = policy;
  if (dictionary?.use === undefined) return policy;
  if (sizeBytes >= dictionary.leastBytes && sizeBytes <= dictionary.limitBytes) return policy;
  return { ...policy, dictionary: { ...dictionary, use: undefined } };
}
