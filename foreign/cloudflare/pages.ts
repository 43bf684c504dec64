// Cloudflare Pages in this process: its own handler of requests, over the rules that its own parsers found (record.ts),
// and a few files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadForeign } from "../support/packages.ts";
import { DECISIONS } from "./rule-files.ts";

interface Parsed {
  readonly rules: readonly { readonly lineNumber?: number; readonly from?: string; readonly path?: string }[];
  readonly invalid: readonly { readonly line?: string; readonly lineNumber?: number; readonly message: string }[];
}

interface Recorded {
  readonly redirects: Readonly<Record<string, Parsed>>;
  readonly headers: Readonly<Record<string, Parsed>>;
}

interface Handler {
  generateHandler(context: {
    request: Request;
    metadata: unknown;
    logError(error: Error): void;
    findAssetEntryForPath(path: string): Promise<string | null>;
    getAssetKey(entry: string): string;
    negotiateContent(): { encoding: null };
    fetchAsset(key: string): Promise<{ body: ReadableStream | null; contentType: string }>;
  }): Promise<Response>;
}

interface Metadata {
  createMetadataObject(parsed: { redirects?: Parsed; headers?: Parsed; logger: object }): unknown;
}

export const ORIGIN = "https://site.example";

const { generateHandler } = await loadForeign<Handler>("@cloudflare/pages-shared/dist/asset-server/handler.js");
const { createMetadataObject } = await loadForeign<Metadata>(
  "@cloudflare/pages-shared/dist/metadata-generator/createMetadataObject.js",
);
const recorded = JSON.parse(readFileSync(DECISIONS, "utf8")) as Recorded;
const silent = { debug() {}, log() {}, info() {}, warn() {}, error() {} };

export function parsedOf(kind: keyof Recorded, text: string): Parsed {
  const parsed = recorded[kind][text];
  assert.ok(parsed, `nothing is recorded for a new rule file: run foreign/cloudflare/record.ts\n${text}`);
  return parsed;
}

export interface PagesReply {
  readonly response: Response;
  /** The paths for which Pages looked for a file, in order. */
  readonly looked: readonly string[];
}

export class Pages {
  readonly #metadata: unknown;
  readonly #hasFile: (path: string) => boolean;

  constructor(rules: { redirects?: string; headers?: string }, hasFile: (path: string) => boolean) {
    this.#metadata = createMetadataObject({
      ...(rules.redirects !== undefined && { redirects: parsedOf("redirects", rules.redirects) }),
      ...(rules.headers !== undefined && { headers: parsedOf("headers", rules.headers) }),
      logger: silent,
    });
    this.#hasFile = hasFile;
  }

  async ask(target: string): Promise<PagesReply> {
    const looked: string[] = [];
    const response = await generateHandler({
      request: new Request(new URL(target, ORIGIN)),
      metadata: this.#metadata,
      logError: (error) => {
        throw error;
      },
      findAssetEntryForPath: async (path) => {
        looked.push(path);
        return this.#hasFile(path) ? path : null;
      },
      getAssetKey: (entry) => entry,
      negotiateContent: () => ({ encoding: null }),
      fetchAsset: async (key) => ({ body: new Blob([key]).stream(), contentType: "text/plain" }),
    });
    return { response, looked };
  }
}
