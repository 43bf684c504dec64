// Who asks, where trusted proxies stand between: the one place that decides it, for each request before anything else looks
// at it. The walk begins at the other end of the connection and goes from proxy to proxy, as long as each is trusted. What a
// stranger has written is never believed; http/forwarded.ts reads it, and here is decided.
import { trimWhitespace } from "../http/fields.ts";
import {
  elementOfHop,
  lastElementStart,
  parseForwarded,
  parseForwardedFor,
  parseForwardedHost,
  parseScheme,
} from "../http/forwarded.ts";
import { type Peer, type Request, type Scheme, UNKNOWN_ADDRESS } from "../http/message.ts";
import { FORWARDED_FIELDS, type ForwardedField } from "./forwarded-fields.ts";
import type { ProxyHeader } from "./proxy-header.ts";
import { Trust } from "./trust.ts";

export interface ClientOptions {
  readonly trustedProxies: readonly string[];
  /** What these proxies write, or remove. Other fields may come from anybody and are not read. */
  readonly forwardedFields: readonly ForwardedField[];
}

/** What a PROXY header has said of a connection. */
export interface Origin {
  /** Of the client; of the proxy, where the header names none. */
  readonly address: string;
  readonly scheme: Scheme;
  /** Undefined where the header names no client. */
  readonly proxy: string | undefined;
}

export interface ProxiedPeer extends Peer {
  /** Undefined where no header comes first. */
  readonly origin?: Origin | undefined;
}

/** @param own what is known of the connection itself */
export function originOf({ address, scheme }: ProxyHeader, own: Pick<Peer, "address" | "scheme">): Origin {
  if (address === undefined) return { ...own, proxy: undefined };
  return { address, scheme: scheme ?? own.scheme, proxy: own.address };
}

/** How far the walk has come. */
interface Walk {
  address: string;
  /** How many hops were read, from the right. */
  hop: number;
  scheme: Scheme | undefined;
  host: string | undefined;
}

export class Clients {
  readonly trust: Trust;
  readonly #reads: Readonly<Record<ForwardedField, boolean>>;

  /** @throws {TypeError} for a proxy that is neither an address, nor a network, nor "unix" */
  constructor({ trustedProxies, forwardedFields }: ClientOptions) {
    this.trust = new Trust(trustedProxies);
    const reads = FORWARDED_FIELDS.map((name) => [name, forwardedFields.includes(name)]);
    this.#reads = Object.fromEntries(reads) as Record<ForwardedField, boolean>;
  }

  /** @returns the peer itself where nobody else is known to ask */
  of(request: Request, peer: ProxiedPeer): Peer {
    const { address, origin } = peer;
    // A connection whose header names no client is the proxy's own, or of somebody who must not speak for others.
    if ((origin !== undefined && origin.proxy === undefined) || !this.trust.has(address)) return peer;
    const walk: Walk = { address, hop: 0, scheme: undefined, host: undefined };
    if (this.#reads.forwarded) this.#walkForwarded(request.field("forwarded"), walk);
    else this.#walkOthers(request, walk);
    if (walk.hop === 0 && walk.scheme === undefined && walk.host === undefined) return peer;
    const { scheme, host } = walk;
    const proxy = peer.proxy ?? address;
    return { address: walk.address, scheme: scheme ?? peer.scheme, host, proxy, certificate: peer.certificate };
  }

  #walkForwarded(value: string | undefined, walk: Walk): void {
    eachFromRight(value, (element) => {
      const hop = parseForwarded(element);
      if (hop !== undefined) {
        walk.scheme = hop.scheme;
        walk.host = hop.host;
      }
      return this.#step(hop?.address, walk);
    });
  }

  #walkOthers(request: Request, walk: Walk): void {
    const value = this.#reads["x-forwarded-for"] ? request.field("x-forwarded-for") : undefined;
    eachFromRight(value, (element) => this.#step(parseForwardedFor(element), walk));
    const hopCount = value === undefined ? 0 : value.split(",").length;
    const ofHop = (name: ForwardedField): string | undefined => {
      const list = this.#reads[name] ? request.field(name) : undefined;
      return list === undefined ? undefined : elementOfHop(list, Math.max(walk.hop, 1), hopCount);
    };
    walk.scheme = parseScheme(ofHop("x-forwarded-proto"));
    walk.host = parseForwardedHost(ofHop("x-forwarded-host"));
  }

  /** @returns whether the walk goes on */
  #step(address: string | undefined, walk: Walk): boolean {
    if (address === undefined) {
      // The proxy at a local socket hides its client: that is not one whom rules about addresses let pass.
      if (walk.address === "") walk.address = UNKNOWN_ADDRESS;
      walk.hop++;
      return false;
    }
    walk.address = address;
    walk.hop++;
    return this.trust.has(address);
  }
}

/** From the right, until `take` returns false. Empty elements are none: RFC 9110 §5.6.1. */
function eachFromRight(value: string | undefined, take: (element: string) => boolean): void {
  for (let end = value?.length ?? -1; end >= 0; ) {
    const start = lastElementStart(value!, end);
    const element = trimWhitespace(value!.slice(start, end));
    if (element !== "" && !take(element)) return;
    end = start - 1;
  }
}
