// `heddle explain`: what would answer a request, and why, without opening a port. The request goes through the engine
// and the handler as any other does, over a connection in memory, and the handler tells what it decided on the way.
import { once } from "node:events";
import type { SiteOptions } from "./features/site-options.ts";
import { createHosts, type HostSite } from "./hosts.ts";
import { DEFAULT_LIMITS } from "./http1/limits.ts";
import { connectInMemory } from "./transport/memory.ts";
import { PortableTransport } from "./transport/portable/transport.ts";

export interface Explanation {
  /** What decided, in its order: "path", "rewrite", "folder", "file", "codings", "caching" … */
  readonly steps: readonly { readonly step: string; readonly what: string }[];
  /** The head of the reply, line by line. */
  readonly head: readonly string[];
}

export interface Question {
  /** Address, or only the path of it. */
  readonly url: string;
  /** @default "GET" */
  readonly method?: string;
  /** Field lines: "Accept-Encoding: br". */
  readonly fields?: readonly string[];
}

/** @throws {TypeError} for an address that is none, and for a field line without a colon or with a line end */
export async function explain(site: SiteOptions, sites: readonly HostSite[], question: Question): Promise<Explanation> {
  const { pathname, search, host } = new URL(question.url, "http://localhost");
  for (const line of question.fields ?? []) {
    if (!/^[^:\r\n]+:[^\r\n]*$/.test(line)) throw new TypeError(`not a field line: ${JSON.stringify(line)}`);
  }
  const steps: { step: string; what: string }[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const handler = createHosts(
    {
      site,
      revalidateMs: 0,
      cacheLimitBytes: 2 ** 20,
      now: Date.now,
      onError,
      onStep: (step, what) => steps.push({ step, what }),
    },
    sites,
  );
  const counters = { countConnection: () => {}, countRequest: () => {}, countSent: () => {} };
  const transport = new PortableTransport(handler, { limits: DEFAULT_LIMITS }, { counters, onError });
  const client = connectInMemory(transport);
  const fields = [`Host: ${host}`, "Connection: close", ...(question.fields ?? [])];
  const received: Buffer[] = [];
  client.on("data", (bytes: Buffer) => received.push(bytes));
  client.end(`${question.method ?? "GET"} ${pathname}${search} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`);
  await once(client, "end");
  transport.destroy();
  handler.close();
  if (errors.length > 0) throw errors[0];
  const reply = Buffer.concat(received).toString("latin1");
  return { steps, head: reply.slice(0, reply.indexOf("\r\n\r\n")).split("\r\n") };
}
