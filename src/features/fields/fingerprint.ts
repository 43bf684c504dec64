// Does a file name carry a hash of the file's content, as bundlers write it? Such a file never changes under its
// name, so a browser may keep it for a year. Pure, and asked once per plan. A wrong "yes" cannot be taken back, a
// "no" costs one 304: when in doubt, no. docs/decisions/0005-immutable-by-name.md says how the rules were measured.

/** Scripts and styles: nobody names these after what they show, as photos and fonts are named. */
const CODE = new Set(["js", "mjs", "cjs", "css", "wasm"]);

/**
 * Pictures and fonts. Not documents: an HTML file is an address. Nor films and sound, which bundlers seldom see,
 * people name freely ("S2E4PART"), and a 304 costs little compared to their size.
 */
const MEDIA = new Set("avif eot gif ico jpeg jpg otf png svg ttf webp woff woff2".split(" "));

/** Next and SvelteKit keep nothing else in these, and serve them as immutable themselves. */
const IMMUTABLE_FOLDER = /(?:^|\/)(?:_next\/static\/(?:chunks|css|media)|_app\/immutable)\//;

/** Next, for its manifests: a folder that is named by the build, a nanoid unless the site chose another name. */
const NEXT_BUILD = /(?:^|\/)_next\/static\/[\w-]{21}\/_\w+Manifest\.js$/;

/** Astro and Nuxt put a hash on what is in here, unless told otherwise. */
const BUNDLER_FOLDER = /(?:^|\/)(?:_astro|_nuxt)\//;

/** Vite's, and that of many other tools. */
const ASSETS_FOLDER = /(?:^|\/)assets\//;

/** Words that tools write between the hash and the extension. */
const SUFFIXES = /(?:\.(?:async|bundle|chunk|entry|esm|lean|legacy|min|module|umd|worker)){1,3}$/;

/** What `heddle dictionary` writes. */
const PAGES_DICTIONARY = /(?:^|\/)pages-[\da-f]{20}\.dict\.txt$/;

/** Whether a file is a dictionary of what pages have in common, by its name. @param path as for `hasFingerprint` */
export function isPagesDictionary(path: string): boolean {
  return PAGES_DICTIONARY.test(path);
}

/** @param path as `resolvePath` gives it: decoded, without a slash at its begin */
export function hasFingerprint(path: string): boolean {
  if (isPagesDictionary(path)) return true;
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.map$/, "");
  const dot = name.lastIndexOf(".");
  const extension = name.slice(dot + 1).toLowerCase();
  const isCode = CODE.has(extension);
  if (dot <= 0 || (!isCode && !MEDIA.has(extension))) return false;
  if (IMMUTABLE_FOLDER.test(path) || NEXT_BUILD.test(path)) return true;

  return hashIn(name.slice(0, dot).replace(SUFFIXES, ""), isCode, path) !== undefined;
}

/**
 * The path of a script or style with "*" in place of its hash: that of all its versions. Undefined for other files, which
 * seldom change a little, and for names that say nothing but the hash: those have no other versions, or far too many.
 * @param path as for `hasFingerprint`
 */
export function versionsOf(path: string): string | undefined {
  const start = path.lastIndexOf("/") + 1;
  const name = path.slice(start);
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || !CODE.has(name.slice(dot + 1).toLowerCase())) return undefined;
  const stem = name.slice(0, dot).replace(SUFFIXES, "");
  const hash = hashIn(stem, true, path);
  if (hash === undefined) return undefined;
  const before = stem.slice(0, -hash.length);
  return NAMELESS.test(before) ? undefined : `${path.slice(0, start)}${before}*${name.slice(stem.length)}`;
}

/** What bundlers write before the hash of a part that has no name: nothing, or the same for all of them. */
const NAMELESS = /^[-._~]?(?:chunk[-._~])?$/;

/** The hash, which is always the end of the stem. */
function hashIn(stem: string, isCode: boolean, path: string): string | undefined {
  return hexIn(stem, isCode) ?? base32In(stem, isCode) ?? base64In(stem, isCode, path);
}

/**
 * webpack (20 digits, or what the site chose), Parcel, Vite up to 4, Rspack, Angular up to 16, Rails, Django, Phoenix.
 */
function hexIn(stem: string, isCode: boolean): string | undefined {
  const [, before, hex] = /^(.*?)[-._~]?([0-9a-f]{8,64})$/.exec(stem) ?? [];
  if (before === undefined || hex === undefined) return undefined;
  // webpack names assets by the hash alone. Others name by the hash of something else: an e-mail address, a query.
  if (before === "") return hex.length === 20 || (hex.length === 32 && isCode) ? hex : undefined;
  if (before.length + hex.length === stem.length) return undefined;
  // A UUID and an ObjectId name a thing and not its content.
  if (/-[0-9a-f]{4}-[0-9a-f]{4}$/.test(before) || (hex.length === 24 && !isCode)) return undefined;
  // "20240517", "facade01", "1234abcd" and "202405b1" are numbers, words and dates, "deadbeef" is a joke.
  const isHash = (hex.match(/\d+|[a-f]+/g)?.length ?? 0) >= 3 && !/^(?:19|20)\d\d(?:0[1-9]|1[0-2])/.test(hex);
  return isHash ? hex : undefined;
}

/** esbuild, and so Angular and tsup: eight of A to Z and 2 to 7. */
function base32In(stem: string, isCode: boolean): string | undefined {
  const [, before, hash] = /^(.+)[-.]([A-Z2-7]{8})$/.exec(stem) ?? [];
  if (before === undefined || hash === undefined) return undefined;
  // The name that esbuild gives to a chunk; no other tool writes it in capitals.
  if (before === "chunk" && isCode) return hash;
  // "TEMPLATE" and "WINDOWS7" have one part. Two, as in "3DMODELS", or three, as in "IPV6ONLY", no script has.
  return partCount(hash) >= (isCode ? 2 : 4) ? hash : undefined;
}

/** Rollup and Rolldown, and so Vite, VitePress, Astro and Nuxt: eight of base64url. */
function base64In(stem: string, isCode: boolean, path: string): string | undefined {
  const isBundlerFolder = BUNDLER_FOLDER.test(path);
  // Nuxt names by the hash alone; Astro puts the hash of an image's options behind: "photo.DAhZ1Bc2_1kL0aB".
  const pattern = isBundlerFolder ? /(?:^|[-.])([\w-]{8}|[\w-]{5,8}_[0-9A-Za-z]{4,7})$/ : /.[-.]([\w-]{8})$/;
  const hash = pattern.exec(stem)?.[1];
  if (hash === undefined || !/[a-z]/.test(hash) || !/[A-Z]/.test(hash) || hash.startsWith("0x")) return undefined;
  if (isBundlerFolder) return partCount(hash) >= (hash.length === 8 ? 3 : 4) ? hash : undefined;
  // Rollup's hashes begin with B, C or D, which one word in nine does. Chunks are named by Angular and webpack.
  const isLikely = (ASSETS_FOLDER.test(path) && /^[BCD]/.test(hash)) || stem.startsWith("chunk-");
  return partCount(hash) >= (isCode ? 4 : 5) - (isLikely ? 1 : 0) ? hash : undefined;
}

/**
 * How many words and numbers a person would read: "SemiBold" has two, "BxK3f9aZ" seven. A number at the end does
 * not count, nor does a letter behind it: "isWebGL2", "Canvas3D".
 */
function partCount(text: string): number {
  return text.replace(/\d+[A-Za-z]?$/, "").match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g)?.length ?? 0;
}
