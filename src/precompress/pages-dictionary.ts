// A dictionary of what the pages of a site have in common, in a file that the server and browsers know by its name, and the
// link in each page by which browsers find it (RFC 9842 §3). The command prints the messages (cli/commands/dictionary.ts).
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { sha256Of } from "../content/codings/encode.ts";
import { type FoundFile, findFiles } from "./find-files.ts";
import { replaceFile } from "./replace-file.ts";
import { sharedText } from "./shared-text.ts";

export interface PagesDictionaryOptions {
  readonly root: string;
  /** Of the dictionary. */
  readonly limitBytes: number;
  /** Writes the link into the pages. */
  readonly insertsLink: boolean;
  /** @param name below the root */
  readonly onError: (name: string, error: unknown) => void;
}

export interface PagesDictionary {
  /** Below the root: "pages-….dict.txt"; undefined where the pages have nothing in common. */
  readonly name: string | undefined;
  readonly sizeBytes: number;
  /** As browsers load it, once. */
  readonly encodedBytes: number;
  readonly pageCount: number;
  readonly changedCount: number;
}

/** Less than this saves nothing worth a request. */
const LEAST_BYTES = 512;

const LINK = /<link rel="compression-dictionary" href="[^"]*pages-[\da-f]{20}\.dict\.txt">/;

export function linkTo(name: string): string {
  return `<link rel="compression-dictionary" href="/${name}">`;
}

/** @throws the system's error when the root cannot be read, or the dictionary cannot be written */
export async function writePagesDictionary(options: PagesDictionaryOptions): Promise<PagesDictionary> {
  const { root, limitBytes, insertsLink, onError } = options;
  const files = (await findFiles(root, 0, onError)).filter(({ name }) => name.endsWith(".html"));
  const pages = await Promise.all(files.map(async ({ path }) => (await readFile(path, "utf8")).replace(LINK, "")));
  const bytes = sharedText(pages, limitBytes);
  const counts = { sizeBytes: bytes.length, pageCount: files.length };
  if (bytes.length < LEAST_BYTES) return { ...counts, name: undefined, encodedBytes: 0, changedCount: 0 };
  const name = `pages-${sha256Of(bytes).slice(0, 20)}.dict.txt`;
  await replaceFile(join(root, name), { bytes, mode: 0o644 });
  const changed = insertsLink ? await Promise.all(files.map((file) => insertLink(file, name, onError))) : [];
  const changedCount = changed.filter(Boolean).length;
  return { ...counts, name, encodedBytes: brotliCompressSync(bytes).length, changedCount };
}

/** In place of an earlier one, or at the end of the head. @returns whether the page was changed */
async function insertLink(
  { name, path, mode }: FoundFile,
  dictionary: string,
  onError: PagesDictionaryOptions["onError"],
): Promise<boolean> {
  try {
    const page = await readFile(path, "utf8");
    const link = linkTo(dictionary);
    const linked = LINK.test(page) ? page.replace(LINK, link) : page.replace(/<\/head>/i, (end) => link + end);
    if (linked === page) return false;
    await replaceFile(path, { bytes: Buffer.from(linked), mode });
    return true;
  } catch (error) {
    onError(name, error);
    return false;
  }
}
