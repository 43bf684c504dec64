// What serve-handler decides about a path, and what Heddle decides that reads the same serve.json, over one folder of
// files, each of which holds its own path. Nothing is sent: serve-handler is given a request and a response of its kind.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { readServeJson } from "../../src/options/site-files/serve-json.ts";
import { createHandler } from "../../src/site/handler.ts";
import { PEER, siteContext } from "../../test/support/handler.ts";
import { fieldOf, textOf } from "../../test/support/reply.ts";
import { makeRequest } from "../../test/support/request.ts";
import { loadForeign } from "./packages.ts";

export type ServeConfig = Readonly<Record<string, unknown>>;

export interface Decision {
  /** "301 /new", "200 docs/index.html", "404": location or file. */
  readonly answer: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface ServeResponse {
  statusCode: number;
  setHeader(name: string, value: string): void;
  writeHead(status: number, headers: Record<string, string>): void;
  end(body?: string): void;
}

type ServeHandler = (
  request: { readonly url: string; readonly headers: Record<string, string> },
  response: ServeResponse,
  config: ServeConfig,
  methods: { createReadStream(path: string): { pipe(response: ServeResponse): void } },
) => Promise<void>;

const NAVIGATION = { "sec-fetch-mode": "navigate", accept: "text/html" };

/** What serve-handler fails with, it does for the visitor: serve answers nothing. */
export async function serveDecides(root: string, config: ServeConfig, path: string): Promise<Decision> {
  const { default: handle } = await loadForeign<{ default: ServeHandler }>("serve-handler");
  const fields: Record<string, string> = {};
  let body = "";
  const response: ServeResponse = {
    statusCode: 200,
    setHeader(name, value) {
      fields[name.toLowerCase()] = value;
    },
    writeHead(status, headers) {
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
    },
    end(text = "") {
      body += text;
    },
  };
  const createReadStream = (file: string) => ({ pipe: (to: ServeResponse) => to.end(readFileSync(file, "utf8")) });
  try {
    await handle(
      { url: path, headers: NAVIGATION },
      response,
      { ...config, public: relative(process.cwd(), root) },
      { createReadStream },
    );
  } catch (cause) {
    return { answer: `fails: ${(cause as Error).message}`, fields };
  }
  return { answer: shown(response.statusCode, fields["location"], body), fields };
}

/** Heddle with a serve.json, asked for many paths. */
export class HeddleSite implements Disposable {
  readonly notes: readonly string[];
  readonly #handler: ReturnType<typeof createHandler>;

  constructor(root: string, config: ServeConfig) {
    const { site, notes } = readServeJson(JSON.stringify(config));
    this.notes = notes.map(({ reason }) => reason);
    this.#handler = createHandler(
      siteContext({ ...site, cleanUrls: site.cleanUrls === true, root, siteFiles: "none" }),
    );
  }

  async decides(path: string): Promise<Decision> {
    const reply = await this.#handler.handle(makeRequest("GET", path, NAVIGATION), PEER);
    const answer = shown(reply.status, fieldOf(reply, "location"), textOf(reply));
    const lines = reply.fields.split("\r\n").flatMap((line) => {
      const [, name, value] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value ?? ""]];
    });
    return { answer, fields: Object.fromEntries(lines) };
  }

  [Symbol.dispose](): void {
    this.#handler.close();
  }
}

function shown(status: number, location: string | undefined, body: string): string {
  if (location !== undefined) return `${status} ${location}`;
  if (status !== 200) return String(status);
  return /^\s*</.test(body) ? "200 a list of the folder" : `200 ${body}`;
}
