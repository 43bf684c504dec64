// `heddle explain`: what would answer a request, and why, without opening a port. The request goes through the engine
// and the handler as any other does, over a connection in memory, and the handler tells what it decided on the way.
import { type Encoder, REFUSED } from "./content/encoder.ts";
import type { SiteOptions } from "./features/site-options.ts";
import { createHosts, type HostSite } from "./hosts.ts";
import { isToken } from "./http/fields.ts";
import { DEFAULT_LIMITS, type Http1Limits } from "./http1/limits.ts";
import { connectInMemory } from "./transport/memory.ts";
import { PortableTransport } from "./transport/portable/transport.ts";

export interface Explanation {
  /** What decided, in its order: "path", "rewrite", "folder", "file", "codings", "caching", "later" … */
  readonly steps: readonly { readonly step: string; readonly what: string }[];
  /** The head of the reply, line by line. */
  readonly head: readonly string[];
}

export interface Question {
  /** "https://example.com/a?b", or "/a?b" for the default site; the scheme makes no difference. */
  readonly url: string;
  /** @default "GET" */
  readonly method?: string;
  /** Field lines: "Accept-Encoding: br". */
  readonly fields?: readonly string[];
  /** @default those of the engine */
  readonly limits?: Http1Limits;
  /** Whether the server has memory for what it encodes. @default true */
  readonly canEncode?: boolean;
}

/** A question that no client could ask: its message says what was found and what was wanted. */
export class QuestionError extends TypeError {
  override readonly name = "QuestionError";
}

/**
 * @throws {QuestionError} for an address that is none, for a method that is no token, and for a field line without a
 * colon or with a line end
 * @throws what kept the server from an answer
 */
export async function explain(site: SiteOptions, sites: readonly HostSite[], question: Question): Promise<Explanation> {
  const head = headOf(question);
  const steps: { step: string; what: string }[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const onStep = (step: string, what: string): void => void steps.push({ step, what });
  const handler = createHosts(
    {
      site,
      revalidateMs: 0,
      cacheLimitBytes: 2 ** 20,
      now: Date.now,
      onError,
      onStep,
      ...((question.canEncode ?? true) && { encoder: encoderOf(onStep) }),
    },
    sites,
  );
  const counters = { countConnection: () => {}, countRequest: () => {}, countSent: () => {} };
  const transport = new PortableTransport(
    handler,
    { limits: question.limits ?? DEFAULT_LIMITS },
    { counters, onError },
  );
  const client = connectInMemory(transport);
  client.end(head);
  let reply = "";
  // Leaving it early closes it: what a large file or a folder's zip has behind the head is never read.
  for await (const bytes of client as AsyncIterable<Buffer>) {
    reply += bytes.toString("latin1");
    if (reply.includes("\r\n\r\n")) break;
  }
  transport.destroy();
  handler.close();
  if (errors.length > 0) throw errors[0];
  return { steps, head: reply.slice(0, reply.indexOf("\r\n\r\n")).split("\r\n") };
}

function headOf({ url, method = "GET", fields = [] }: Question): string {
  if (!isToken(method)) throw new QuestionError(`found ${JSON.stringify(method)}, wanted a method, like GET`);
  for (const line of fields) {
    if (/^[^:\s]+:[^\r\n]*$/.test(line)) continue;
    throw new QuestionError(`found ${JSON.stringify(line)}, wanted a field line, like "Accept-Encoding: br"`);
  }
  const { host, target } = placeOf(url);
  const own = fields.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`];
  return `${[`${method} ${target} HTTP/1.1`, ...own, "Connection: close", ...fields].join("\r\n")}\r\n\r\n`;
}

function placeOf(url: string): { host: string; target: string } {
  // A path is asked for as it stands, so that "/a/../b" is explained as it is answered; browsers tidy it up before.
  if (url.startsWith("/")) return { host: "localhost", target: sendable(url) };
  const wanted = `wanted an address, like "http://example.com/a", or a path, like "/a"`;
  if (!/^https?:\/\//i.test(url)) {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(url) ? `: perhaps http://${url}, or /${url}` : "";
    throw new QuestionError(`found ${JSON.stringify(url)}, ${wanted}${hint}`);
  }
  if (!URL.canParse(url)) throw new QuestionError(`found ${JSON.stringify(url)}, ${wanted}`);
  const { host, pathname, search, username } = new URL(url);
  if (username !== "") throw new QuestionError(`found a name in the address, wanted it as -H "Authorization: Basic …"`);
  return { host, target: pathname + search };
}

/** What no target can hold is written as clients write it; a fragment is never sent. */
function sendable(path: string): string {
  return path
    .toWellFormed()
    .replace(/#.*$/s, "")
    .replace(/[^!-~]/gu, encodeURIComponent);
}

/** It encodes nothing: it is told what a server's would be told. */
function encoderOf(onStep: (step: string, what: string) => void): Encoder {
  return {
    encode({ coding }) {
      onStep("later", `${coding} would be encoded for later requests`);
      return Promise.resolve(REFUSED);
    },
  };
}
