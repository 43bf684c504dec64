// Where `heddle top` asks: a port of this machine, an address, a socket, or the address that a start has printed, with
// its token.
import type { RequestOptions } from "node:http";
import { ADMIN_WANTED, adminPlaceOf, DEFAULT_ADMIN_PORT } from "../../options/admin-place.ts";
import { addressName } from "../../options/listen-options.ts";

export interface Place {
  readonly request: RequestOptions;
  /** For messages; without the token. */
  readonly name: string;
  readonly isHttps: boolean;
}

/** A mistake in the argument, in words. */
export class PlaceError extends Error {}

/** @param cwd that the path of a socket is below. @throws PlaceError */
export function placeOf(given: string | undefined, cwd: string): Place {
  const text = given ?? String(DEFAULT_ADMIN_PORT);
  if (/^https?:\/\//i.test(text)) return ofUrl(text);
  const place = adminPlaceOf(text, cwd);
  if (place === undefined) {
    throw new PlaceError(`found ${JSON.stringify(text)}, wanted ${ADMIN_WANTED}, or the address of the live page`);
  }
  if (place.kind === "socket") return { request: { socketPath: place.path }, name: place.path, isHttps: false };
  const { host, port } = place;
  return { request: { host, port }, name: addressName(host, port), isHttps: false };
}

function ofUrl(text: string): Place {
  if (!URL.canParse(text)) throw new PlaceError(`found ${JSON.stringify(text)}, wanted an address`);
  const { protocol, host, hostname, port, searchParams } = new URL(text);
  const token = searchParams.get("token");
  const isHttps = protocol === "https:";
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return { request: { host: bare, port: port || (isHttps ? 443 : 80), headers }, name: host, isHttps };
}
