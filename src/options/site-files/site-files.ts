// Reads `_redirects`, `_headers` and `serve.json` in the roots of sites as options of these sites: at the start, at a
// reload, and when they have changed (watch-site-files.ts). The configuration wins, option by option; lists of rules are
// joined, and the configuration's rules win. The author of a root is trusted with its site, but not with the rest of the
// machine: the files are opened as served files are, and cannot name a folder outside of the root.
import { join, posix } from "node:path";
import type { SiteFileName } from "../../features/private-files.ts";
import { createOpener } from "../../files/containment.ts";
import { closeDescriptor, readStart } from "../../files/descriptors.ts";
import type { FileStat } from "../../files/opener.ts";
import { REDIRECT_DEFAULTS, REWRITE_DEFAULTS } from "../defaults.ts";
import type { ResolvedOptions, ResolvedSite } from "../resolved-options.ts";
import { type FileVersion, versionOf, versionOrAbsent } from "../sources/watch-file.ts";
import { type ForeignNote, type ForeignOptions, TEXT_LIMIT_BYTES } from "./foreign.ts";

export interface WithSiteFiles {
  readonly options: ResolvedOptions;
  /** A warning for each line that has no effect, or another one than on its own server. */
  readonly notes: readonly string[];
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
  /** All files that were looked for, and folders that `serve.json` names, with their version right before the reading. */
  readonly lookedFor: ReadonlyMap<string, FileVersion>;
  /** Folders that `serve.json` names and that are not there; their roots would be served whole. */
  readonly absent: readonly string[];
}

/** The version of a file that changed while several sites read it: not one that a file has. */
const CHANGING = "changing";

/** Warnings about one file; two thousand would flood the log. */
const NOTE_LIMIT_COUNT = 20;

/** Never rejects because of a file: mistakes and unreadable files become warnings. */
export async function withSiteFiles(options: ResolvedOptions): Promise<WithSiteFiles> {
  const site = await readSite(options.site, options.given);
  const sites = await Promise.all(
    options.sites.map(async ({ host, site: one, given }) => ({ host, given, ...(await readSite(one, given)) })),
  );
  const all = [site, ...sites];
  return {
    options: Object.freeze({
      ...options,
      root: site.site.root,
      site: site.site,
      sites: sites.map(({ host, given, site: one }) => ({ host, given, site: one })),
    }),
    // Several hosts may share a root.
    notes: unique(all.flatMap(({ notes }) => notes)),
    files: unique(all.flatMap(({ files }) => files)),
    lookedFor: joinVersions(all.map(({ lookedFor }) => lookedFor)),
    absent: unique(all.flatMap(({ absent }) => absent)),
  };
}

/** Sites may share a root, and read it at different moments: if it changed between them, it has to be read again. */
function joinVersions(all: readonly ReadonlyMap<string, FileVersion>[]): Map<string, FileVersion> {
  const joined = new Map<string, FileVersion>();
  for (const [path, version] of all.flatMap((some) => [...some])) {
    joined.set(path, joined.has(path) && joined.get(path) !== version ? CHANGING : version);
  }
  return joined;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

interface ReadSite {
  readonly site: ResolvedSite;
  readonly notes: readonly string[];
  readonly files: readonly string[];
  readonly lookedFor: ReadonlyMap<string, FileVersion>;
  readonly absent: readonly string[];
}

async function readSite(site: ResolvedSite, given: readonly string[]): Promise<ReadSite> {
  const { siteFiles, root } = site;
  if (siteFiles === "none") return { site, notes: [], files: [], lookedFor: new Map(), absent: [] };
  const notes: ForeignNote[] = [];
  const texts = new Map<string, string>();
  const lookedFor = new Map<string, FileVersion>();
  await readTexts(root, ["serve.json"], texts, notes, lookedFor);
  const absent: string[] = [];
  const folder = await servedFolder(root, texts.get("serve.json"), notes, lookedFor, absent);
  // These two lie in the served folder, as on Netlify and Cloudflare.
  await readTexts(folder, ["_redirects", "_headers"], texts, notes, lookedFor);
  const pathOf = (name: string): string => join(name === "serve.json" ? root : folder, name);
  if (texts.size === 0) return { site, notes: sentences(notes, pathOf), files: [], lookedFor, absent };
  // Loads the readers only for a site with such files.
  const { readForeign } = await import("./read-foreign.ts");
  const foreign = readForeign((name) => texts.get(name), siteFiles);
  return {
    site: merge(site, given, foreign.site, folder),
    notes: sentences([...notes, ...foreign.notes], pathOf),
    files: foreign.found.map(pathOf),
    lookedFor,
    absent,
  };
}

/** Adds the text of each existing file, and a warning for each that cannot be read. */
async function readTexts(
  root: string,
  names: readonly SiteFileName[],
  texts: Map<string, string>,
  notes: ForeignNote[],
  lookedFor: Map<string, FileVersion>,
): Promise<void> {
  const opener = createOpener(root);
  for (const name of names) {
    // Asked before the file is read, so that a change during the reading counts as another version.
    const version = await versionOrAbsent(join(root, name));
    lookedFor.set(join(root, name), version || undefined);
    if (version === "") continue;
    const opened = await opener.open(name);
    if (opened.kind === "missing" || opened.kind === "folder") continue;
    const text = opened.kind === "file" ? await readText(opened) : undefined;
    if (text !== undefined) texts.set(name, text);
    else
      notes.push({
        file: name,
        line: 1,
        text: "",
        reason: "cannot be read: not a regular file inside the root, or this user may not read it",
      });
  }
}

async function readText({ fd, stat }: { readonly fd: number; readonly stat: FileStat }): Promise<string | undefined> {
  try {
    // One byte above the limit, so that the reader of the text can tell that the file is larger.
    return (await readStart(fd, Math.min(stat.sizeBytes, TEXT_LIMIT_BYTES + 1))).toString("utf8");
  } catch {
    return undefined;
  } finally {
    closeDescriptor(fd);
  }
}

/** `public` of serve.json names a folder inside the root, which is served instead of the root. */
async function servedFolder(
  root: string,
  serveJson: string | undefined,
  notes: ForeignNote[],
  lookedFor: Map<string, FileVersion>,
  absent: string[],
): Promise<string> {
  if (serveJson === undefined) return root;
  const { readServeJson } = await import("./serve-json.ts");
  const named = readServeJson(serveJson).site.root;
  if (named === undefined) return root;
  const path = posix.normalize(named.replaceAll("\\", "/")).replace(/\/+$/, "");
  if (path === ".") return root;
  const isBelow = !/^(?:\/|\.\.(?:\/|$)|[a-z]:)|^$/i.test(path);
  // A build may bring it later, or replace it by a link out of the root.
  if (isBelow) lookedFor.set(join(root, path), await versionOf(join(root, path)));
  const opened = isBelow ? await createOpener(root).openFolder?.(path) : undefined;
  if (opened?.kind === "folder") {
    if (typeof opened.folder === "number") closeDescriptor(opened.folder);
    return join(root, path);
  }
  if (isBelow) absent.push(join(root, path));
  const reason = "found no such folder inside the root: set the option root instead";
  notes.push({ file: "serve.json", line: 1, text: `public: ${JSON.stringify(named)}`, reason });
  return root;
}

/** The first matching redirect or rewrite applies, and the last matching header rule: so the configuration wins. */
function merge(
  site: ResolvedSite,
  given: readonly string[],
  { redirects = [], rewrites = [], headers = [], ...others }: ForeignOptions,
  root: string,
): ResolvedSite {
  const taken = Object.fromEntries(Object.entries(others).filter(([name]) => !given.includes(name)));
  return Object.freeze({
    ...site,
    ...taken,
    root,
    redirects: [...site.redirects, ...redirects.map((rule) => ({ ...REDIRECT_DEFAULTS, ...rule }))],
    rewrites: [...site.rewrites, ...rewrites.map((rule) => ({ ...REWRITE_DEFAULTS, ...rule }))],
    headers: [...headers, ...site.headers],
  });
}

function sentences(notes: readonly ForeignNote[], pathOf: (file: string) => string): string[] {
  return [...Map.groupBy(notes, ({ file }) => file)].flatMap(([file, all]) => {
    const path = pathOf(file);
    const lines = all
      .slice(0, NOTE_LIMIT_COUNT)
      .map(({ line, text, reason }) => harmless(`${path}:${line}: ${text === "" ? "" : `"${text}": `}${reason}`));
    return all.length > lines.length
      ? [...lines, harmless(`${path}: ${all.length - lines.length} more warnings`)]
      : lines;
  });
}

/** Removes control characters: text from a site must not control a terminal or begin a line of a log. */
function harmless(text: string): string {
  return text.replace(/[ \t]+/g, " ").replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
