// Questions to the admin listener of a server, each on a connection of its own, and what its metrics say.
import { type RequestOptions, request } from "node:http";
import type { Server } from "../../src/server.ts";

interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export function ask(place: RequestOptions, path: string, more: RequestOptions = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request({ ...place, path, agent: false, ...more }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => (text += part));
    response.on("end", () => resolve({ status: response.statusCode!, fields: response.headers, text }));
  })
    .on("error", reject)
    .end();
  return promise;
}

export function adminOf({ adminUrl }: Pick<Server, "adminUrl">): RequestOptions {
  const { hostname, port } = new URL(adminUrl!);
  return { host: hostname, port };
}

/** The value of each series: `heddle_threads{state="ready"}`. */
export async function scrape(place: RequestOptions): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(place, "/metrics");
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    series.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}
