// `heddle explain`: what would answer a request, and why, without opening a port. The request goes through the engine
// and the handler as any other, over a connection in memory, and the handler tells each step (site/steps.ts).
import { type Encoded, type Encoder, REFUSED } from "../content/codings/encoder.ts";
import type { Opener } from "../files/opener.ts";
import { plainAddress } from "../http/address.ts";
import { isToken } from "../http/fields.ts";
import type { Handler, Peer } from "../http/message.ts";
import { newLimitMemory } from "../limits/memory.ts";
import { LIMIT_DEFAULTS, type Limits } from "../options/limits.ts";
import type { ResolvedHostSite, ResolvedOptions, ResolvedSite } from "../options/resolved-options.ts";
import { type ClientOptions, Clients } from "../proxies/clients.ts";
import { around } from "../site/counted.ts";
import type { ClosableHandler } from "../site/handler.ts";
import { createHosts } from "../site/hosts.ts";
import type { SiteLimits, SiteTally } from "../site/site.ts";
import type { Steps } from "../site/steps.ts";
import { connectInMemory } from "../transport/memory.ts";
import { PortableTransport } from "../transport/portable/transport.ts";
import { describeClient, type Say, StepsInWords } from "./describe.ts";

export interface Explanation {
  /** The decisions, in their order: "path", "rewrite", "folder", "file", "codings", "caching", "later" … */
  readonly steps: readonly { readonly step: string; readonly what: string }[];
  /** The head of the reply, line by line. */
  readonly head: readonly string[];
}

export interface Question {
  /** "https://example.com/a?b", or "/a?b" for the default site; the scheme makes no difference. */
  readonly url: string;
  /** @default "GET" */
  readonly method?: string;
  /** Subject of the client's certificate: "CN=ada,O=Example". @default none */
  readonly client?: string;
  /** Numeric address at the other end of the connection. @default none, as at a local socket */
  readonly from?: string;
  /** Whose word about clients counts. @default nobody's */
  readonly proxies?: ClientOptions;
  /** Whether the server speaks TLS. @default true */
  readonly isSecure?: boolean;
  /** Field lines: "Accept-Encoding: br". */
  readonly fields?: readonly string[];
  /** @default those of the engine */
  readonly limits?: Limits;
  /** Limits of all sites together. @default none */
  readonly serverLimits?: ServerLimits;
  /** At which every server says that it is ready. @default none */
  readonly healthPath?: string | undefined;
  /** Whether the server has memory for encoded content. @default true */
  readonly canEncode?: boolean;
}

/** What a question takes from the options of a server. */
export function serverFacts(options: ResolvedOptions): Omit<Question, "url"> {
  const { limits, serverRateLimit, serverBandwidth, healthPath, tls, trustedProxies, encodedLimitBytes } = options;
  return {
    limits,
    serverLimits: { serverRateLimit, serverBandwidth },
    healthPath,
    isSecure: tls !== undefined,
    ...(trustedProxies.length > 0 && { proxies: options }),
    canEncode: encodedLimitBytes > 0,
  };
}

type ServerLimits = Pick<ResolvedOptions, "serverRateLimit" | "serverBandwidth">;
const NO_LIMITS: ServerLimits = { serverRateLimit: undefined, serverBandwidth: undefined };

/** Replies that go ahead of the one that counts, RFC 9110 §15.2. */
const INTERIM_HEADS = /^(?:HTTP\/1\.1 1\d\d .*\r\n(?:.+\r\n)*\r\n)+/;

/** Enough for one reply. */
const MEMORY_BYTES = 1_048_576;

/** A question that no client can ask: its message says what was found and what was wanted. */
export class QuestionError extends TypeError {
  override readonly name = "QuestionError";
}

/**
 * @throws {QuestionError} for a malformed address, for a method that is no token, and for a field line without a colon
 * or with a line end
 * @throws the error for which the server would answer 500 or 503
 */
export async function explain(
  site: ResolvedSite,
  sites: readonly Pick<ResolvedHostSite, "host" | "site">[],
  question: Question,
): Promise<Explanation> {
  const head = headOf(question);
  const steps: { step: string; what: string }[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const say: Say = (step, what) => void steps.push({ step, what });
  const listener = { say, steps: new StepsInWords(site, sites, say), onError };
  const handler = await newTellingHandler(site, sites, question, listener);
  const reply = await headOfReply(handler, head, question.limits ?? LIMIT_DEFAULTS, onError);
  handler.close();
  if (errors.length > 0) throw errors[0];
  return { steps, head: reply.split("\r\n") };
}

/** Who is told what a handler decides. */
export interface HandlerListener {
  readonly say: Say;
  readonly steps: Steps;
  readonly onError: (error: unknown) => void;
  /** @default nothing is counted */
  readonly tally?: SiteTally;
  /** Opens the files below a folder. @default the opener that works on every system */
  readonly openerFor?: (root: string) => Opener;
}

/**
 * The handler of these sites, which has answered nothing yet and tells its decisions.
 * @throws {QuestionError} for a client at no address
 */
export async function newTellingHandler(
  site: ResolvedSite,
  sites: readonly Pick<ResolvedHostSite, "host" | "site">[],
  question: Omit<Question, "url">,
  { say, steps, onError, tally, openerFor }: HandlerListener,
): Promise<ClosableHandler> {
  const handler = createHosts(
    {
      site,
      revalidateMs: 0,
      cacheLimitBytes: MEMORY_BYTES,
      encodedLimitBytes: MEMORY_BYTES,
      openFileLimitCount: 1,
      now: Date.now,
      onError,
      steps,
      tally,
      openerFor,
      limits: await newLimits(question.serverLimits ?? NO_LIMITS),
      health: question.healthPath === undefined ? undefined : { path: question.healthPath, isReady: () => true },
      ...((question.canEncode ?? true) && { encoder: encoderOf(say) }),
    },
    sites,
  );
  return around(handler, asClient(handler, question, say).handle, handler.refuse);
}

/** Nobody has asked anything before. */
async function newLimits(limits: ServerLimits): Promise<SiteLimits> {
  const { Limiter } = await import("../limits/limiter.ts");
  const limiter = new Limiter(newLimitMemory(), () => 0);
  return { ...limits, limiter, onOverRate: () => {} };
}

/** A connection in memory has no address and no certificate: requests get those that are asked about. */
function asClient(
  handler: Handler,
  { client, from = "", proxies, isSecure = true }: Omit<Question, "url">,
  say: Say,
): Handler {
  const address = plainAddress(from);
  if (from !== "" && address === undefined) {
    throw new QuestionError(`found ${JSON.stringify(from)}, wanted a numeric address, like "192.0.2.1"`);
  }
  const certificate = client === undefined ? undefined : { subject: client, fingerprint: "" };
  const peer: Peer = { address: address ?? "", scheme: isSecure ? "https" : "http", certificate };
  const clients = proxies && new Clients(proxies);
  return {
    handle(request) {
      const found = clients?.of(request, peer) ?? peer;
      if (found !== peer) say("client", describeClient(found));
      else if (from !== "") say("client", `${peer.address}, at the other end of the connection`);
      return handler.handle(request, found);
    },
    refuse: (rejection) => handler.refuse(rejection),
  };
}

/** Over a connection in memory. */
async function headOfReply(
  handler: Handler,
  head: string,
  limits: Limits,
  onError: (error: unknown) => void,
): Promise<string> {
  const counters = { countConnection: () => {}, countRequest: () => {}, countSent: () => {} };
  const transport = new PortableTransport(handler, { limits }, { counters, onError });
  const client = connectInMemory(transport);
  client.end(head);
  let reply = "";
  // Leaving the loop early closes the connection: the content of a large file or a zip file is never read.
  for await (const bytes of client as AsyncIterable<Buffer>) {
    reply += bytes.toString("latin1");
    reply = reply.replace(INTERIM_HEADS, "");
    if (reply.includes("\r\n\r\n")) break;
  }
  transport.destroy();
  return reply.slice(0, reply.indexOf("\r\n\r\n"));
}

function headOf({ url, method = "GET", fields = [] }: Question): string {
  if (!isToken(method)) throw new QuestionError(`found ${JSON.stringify(method)}, wanted a method, like GET`);
  for (const line of fields) {
    if (/^[^:\s]+:[^\r\n]*$/.test(line)) continue;
    throw new QuestionError(`found ${JSON.stringify(line)}, wanted a field line, like "Accept-Encoding: br"`);
  }
  const { host, target } = hostAndTargetOf(url);
  const own = fields.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`];
  return `${[`${method} ${target} HTTP/1.1`, ...own, "Connection: close", ...fields].join("\r\n")}\r\n\r\n`;
}

function hostAndTargetOf(url: string): { host: string; target: string } {
  // A path is sent as it is written, so that "/a/../b" is explained as it is answered; browsers shorten it first.
  if (url.startsWith("/")) return { host: "localhost", target: sendable(url) };
  const wanted = `wanted an address, like "http://example.com/a", or a path, like "/a"`;
  if (!/^https?:\/\//i.test(url)) {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(url) ? `: perhaps http://${url}, or /${url}` : "";
    throw new QuestionError(`found ${JSON.stringify(url)}, ${wanted}${hint}`);
  }
  if (!URL.canParse(url)) throw new QuestionError(`found ${JSON.stringify(url)}, ${wanted}`);
  const { host, pathname, search, username } = new URL(url);
  if (username !== "")
    throw new QuestionError(`found a user name in the address, wanted it as -H "Authorization: Basic …"`);
  return { host, target: pathname + search };
}

/** Characters that no target can hold are encoded as clients encode them; a fragment is never sent. */
function sendable(path: string): string {
  return path
    .toWellFormed()
    .replace(/#.*$/s, "")
    .replace(/[^!-~]/gu, encodeURIComponent);
}

/** Encodes what a request waits for, and tells which other jobs a server would have. */
function encoderOf(say: Say): Encoder {
  return {
    async encode(job, source, dictionary) {
      if (dictionary !== undefined) return job.effort === "quick" ? encodeNow(job, source, dictionary) : REFUSED;
      say("later", `would be compressed with ${job.coding} for later requests`);
      return REFUSED;
    },
  };
}

async function encodeNow(...[job, source, dictionary]: Parameters<Encoder["encode"]>): Promise<Encoded> {
  const { EncodingQueue } = await import("../content/codings/queue.ts");
  return new EncodingQueue(job.sizeBytes, 0).encode(job, source, dictionary);
}
