// Reads the snapshots of a server, as they come over its admin listener (src/console/event-stream.ts). Says in words why it
// cannot.
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Snapshot } from "../../console/snapshot.ts";
import type { Place } from "./place.ts";

const PATH = "/console/events";

/** This reader understands snapshots of this format. */
const FORMAT: Snapshot["format"] = 1;

/** A snapshot comes twice a second; a server that is stopped sends nothing. */
const SILENCE_MS = 10_000;

/** A snapshot of a thousand threads, with a hundred connections each, has half of it. */
const EVENT_LIMIT_LENGTH = 16 * 1024 * 1024;

/** Why there are no snapshots, in words. */
export class ReadError extends Error {}

/** Ends when the server ends the stream. @throws ReadError */
export async function* snapshots(place: Place, signal: AbortSignal): AsyncGenerator<Snapshot> {
  const response = await ask(place, signal);
  if (response.statusCode !== 200) {
    response.resume();
    throw new ReadError(refusalOf(response.statusCode, place.name));
  }
  let text = "";
  try {
    for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) {
      text += part;
      const events = text.split("\n\n");
      text = events.pop()!;
      if (text.length > EVENT_LIMIT_LENGTH) throw new ReadError(`${place.name} sends too much`);
      for (const event of events) if (event.startsWith("data: ")) yield parse(event.slice("data: ".length), place);
    }
  } catch (error) {
    throw error instanceof ReadError ? error : new ReadError(`${place.name} has ended the connection`);
  } finally {
    response.destroy();
  }
}

async function ask(place: Place, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = await import(place.isHttps ? "node:https" : "node:http");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions = { ...place.request, path: PATH, agent: false, signal, timeout: SILENCE_MS };
  const asked = (request as typeof import("node:http").request)(options, resolve);
  asked.on("timeout", () => asked.destroy(new ReadError(`${place.name} sends nothing`)));
  asked.on("error", (error) =>
    reject(error instanceof ReadError ? error : new ReadError(failureOf(error, place.name))),
  );
  asked.end();
  return promise;
}

function parse(json: string, { name }: Place): Snapshot {
  let seen: Partial<Snapshot>;
  try {
    seen = JSON.parse(json) as Partial<Snapshot>;
  } catch {
    throw new ReadError(`${name} is no live page of heddle`);
  }
  if (Number(seen.format) === FORMAT) return seen as Snapshot;
  throw new ReadError(
    `${name} has another version, whose snapshots this one cannot read: use the heddle of the server`,
  );
}

function refusalOf(status: number | undefined, name: string): string {
  if (status === 401)
    return `${name} wants its token: write the address of the live page, as the start of the server has printed it`;
  if (status === 404) return `the server on ${name} has no live page: start it with --console`;
  if (status === 503) return `too many others look at ${name} at the moment`;
  return `${name} answered with status ${status}, and has no live page: name the address that --console has opened`;
}

function failureOf({ code, message }: NodeJS.ErrnoException, name: string): string {
  if (code === "ECONNREFUSED" || code === "ENOENT") {
    return `nothing answers on ${name}: start the server with --console, or name its address (heddle top <address>)`;
  }
  if (code === "EACCES") return `no permission to open ${name}: run this as the user of the server`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `no address is known for ${name}`;
  return `${name}: ${message || String(code)}`;
}
