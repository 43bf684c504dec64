// `_redirects`, `_headers` and `serve.json` in the roots of sites -> options of these sites. Read when the server starts,
// when it reloads and when they have changed (watch-site-files.ts). The configuration wins, option by option; of lists of
// rules both count, the configuration's with the last word. Whoever may write into a root is trusted with its site, not
// with the rest of the machine: the files are opened as those are that are served, and none can name a folder outside.
import { join, posix } from "node:path";
import { createOpener } from "../content/containment.ts";
import { closeDescriptor, readStart } from "../content/descriptors.ts";
import type { SiteFileName } from "../features/site-files.ts";
import type { SiteOptions } from "../features/site-options.ts";
import type { FileStat } from "../http/file.ts";
import type { ResolvedOptions } from "../options.ts";
import { type ForeignNote, TEXT_LIMIT_BYTES } from "./foreign/foreign.ts";
import { type FileVersion, versionOf } from "./watch-file.ts";

export interface WithSiteFiles {
  readonly options: ResolvedOptions;
  /** What is not honoured, or not as it was meant: a sentence each, for people. */
  readonly notes: readonly string[];
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
  /** And of all that would have been, had they been there: as each was right before it was read. */
  readonly lookedFor: ReadonlyMap<string, FileVersion>;
}

/** Of one file; a log is no place for two thousand. */
const NOTE_LIMIT_COUNT = 20;

/** Never rejects for what is in the files, or for files that cannot be read: these are named. */
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
    lookedFor: new Map(all.flatMap(({ lookedFor }) => [...lookedFor])),
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

interface ReadSite {
  readonly site: SiteOptions;
  readonly notes: readonly string[];
  readonly files: readonly string[];
  readonly lookedFor: ReadonlyMap<string, FileVersion>;
}

async function readSite(site: SiteOptions, given: readonly string[]): Promise<ReadSite> {
  const { siteFiles = "none", root } = site;
  if (siteFiles === "none") return { site, notes: [], files: [], lookedFor: new Map() };
  const notes: ForeignNote[] = [];
  const texts = new Map<string, string>();
  const lookedFor = new Map<string, FileVersion>();
  await readTexts(root, ["serve.json"], texts, notes, lookedFor);
  const folder = await servedFolder(root, texts.get("serve.json"), notes);
  // These lie in the folder that is served, also where they come from.
  await readTexts(folder, ["_redirects", "_headers"], texts, notes, lookedFor);
  const pathOf = (name: string): string => join(name === "serve.json" ? root : folder, name);
  if (texts.size === 0) return { site, notes: sentences(notes, pathOf), files: [], lookedFor };
  // The readers are loaded by those who have such files.
  const { readForeign } = await import("./foreign/read-foreign.ts");
  const foreign = readForeign((name) => texts.get(name), siteFiles);
  return {
    site: merge(site, given, foreign.site, folder),
    notes: sentences([...notes, ...foreign.notes], pathOf),
    files: foreign.found.map(pathOf),
    lookedFor,
  };
}

/** Adds the texts of the files that are there, and a note for each that cannot be read. */
async function readTexts(
  root: string,
  names: readonly SiteFileName[],
  texts: Map<string, string>,
  notes: ForeignNote[],
  lookedFor: Map<string, FileVersion>,
): Promise<void> {
  const opener = createOpener(root);
  for (const name of names) {
    // Before it is read: what is written meanwhile is another version.
    lookedFor.set(join(root, name), await versionOf(join(root, name)));
    const opened = await opener.open(name);
    if (opened.kind === "missing" || opened.kind === "folder") continue;
    const text = opened.kind === "file" ? await readText(opened) : undefined;
    if (text !== undefined) texts.set(name, text);
    else
      notes.push({
        file: name,
        line: 1,
        text: "",
        reason: "not read: no regular file inside the root, or no permission",
      });
  }
}

async function readText({ fd, stat }: { readonly fd: number; readonly stat: FileStat }): Promise<string | undefined> {
  try {
    // One byte more than is read of it, so that its reader can tell that there is more.
    return (await readStart(fd, Math.min(stat.sizeBytes, TEXT_LIMIT_BYTES + 1))).toString("utf8");
  } catch {
    return undefined;
  } finally {
    closeDescriptor(fd);
  }
}

/** `public` of serve.json: a folder inside the root is served in its place. */
async function servedFolder(root: string, serveJson: string | undefined, notes: ForeignNote[]): Promise<string> {
  if (serveJson === undefined) return root;
  const { readServeJson } = await import("./foreign/serve-json.ts");
  const named = readServeJson(serveJson).site.root;
  if (named === undefined) return root;
  const path = posix.normalize(named.replaceAll("\\", "/")).replace(/\/+$/, "");
  if (path === ".") return root;
  const isBelow = !/^(?:\/|\.\.(?:\/|$)|[a-z]:)|^$/i.test(path);
  const opened = isBelow ? await createOpener(root).openFolder?.(path) : undefined;
  if (opened?.kind === "folder") {
    if (typeof opened.folder === "number") closeDescriptor(opened.folder);
    return join(root, path);
  }
  const reason = "no folder inside the one that the file is in: name it as root";
  notes.push({ file: "serve.json", line: 1, text: `public: ${JSON.stringify(named)}`, reason });
  return root;
}

/** Of redirects and rewrites the first that matches counts, of header rules the last: so the configuration wins. */
function merge(site: SiteOptions, given: readonly string[], foreign: Partial<SiteOptions>, root: string): SiteOptions {
  const taken = Object.fromEntries(Object.entries(foreign).filter(([name]) => !given.includes(name)));
  return Object.freeze({
    ...site,
    ...taken,
    root,
    redirects: [...(site.redirects ?? []), ...(foreign.redirects ?? [])],
    rewrites: [...(site.rewrites ?? []), ...(foreign.rewrites ?? [])],
    headers: [...(foreign.headers ?? []), ...(site.headers ?? [])],
  });
}

function sentences(notes: readonly ForeignNote[], pathOf: (file: string) => string): string[] {
  return [...Map.groupBy(notes, ({ file }) => file)].flatMap(([file, all]) => {
    const path = pathOf(file);
    const lines = all
      .slice(0, NOTE_LIMIT_COUNT)
      .map(({ line, text, reason }) => harmless(`${path}:${line}: ${text === "" ? "" : `"${text}": `}${reason}`));
    return all.length > lines.length ? [...lines, harmless(`${path}: and ${all.length - lines.length} more`)] : lines;
  });
}

/** What stands in a file of the site must not steer a terminal, or begin a line of a log. */
function harmless(text: string): string {
  return text.replace(/[ \t]+/g, " ").replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
