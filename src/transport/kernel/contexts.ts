// What the connections of one thread share, for each way in which they may come: with TLS or without, with a PROXY header or
// without, as their listener says. Listeners of one way share one context.
import type { Handler } from "../../http/message.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import type { Pinned } from "../../linux/pinned.ts";
import type { Clients } from "../../proxies/clients.ts";
import { refusing } from "../exchange.ts";
import type { Handshakes } from "../handshakes.ts";
import type { TransportListener, TransportOptions } from "../transport.ts";
import type { KernelContext } from "./pump.ts";
import type { SecureChannel } from "./secure-channel.ts";

/** What listeners may have in front of HTTP/1.1. */
export interface KernelProtocols {
  /** For a transport that speaks HTTP/2: where ALPN says so, or without TLS by prior knowledge. */
  readonly http2?: Pick<typeof import("./http2-exchanges.ts"), "newHttp2"> | undefined;
  /** Where connections begin with a PROXY header. `proxies` decides which peers are believed. */
  readonly proxyHeaders?: Pick<typeof import("./proxy-headers.ts"), "newPrelude" | "originOf"> | undefined;
  /** TLS on a socket of an HTTPS server; undefined without TLS. */
  readonly secure: SecureOptions | undefined;
}

interface SecureOptions {
  readonly newChannel: (fd: number) => SecureChannel;
  readonly handshakes: Handshakes;
}

/** Of the connections of one listener. */
export interface ListenerContexts {
  readonly serving: KernelContext;
  /** For connections that get 503 and are closed; undefined where all are served. */
  readonly refusing: KernelContext | undefined;
}

/** The part that does not depend on the listener. */
export type SharedContext = Omit<KernelContext, "http1" | "newHttp2" | "secure" | "proxyHeaders" | "clients">;

type Ways = KernelProtocols & Pick<TransportOptions, "limits" | "proxies">;

export class Contexts {
  readonly #ways: Ways;
  readonly #shared: SharedContext;
  readonly #newPinned: (sizeBytes: number) => Pinned;
  /** For connections that get 503; undefined where all are served. */
  readonly #refusing: Handler | undefined;
  /** By listener. */
  readonly #all: readonly ListenerContexts[];

  /** @param mayRefuse whether there are connections that get 503 */
  constructor(
    ways: Ways & Pick<TransportOptions, "listeners">,
    shared: SharedContext,
    newPinned: (sizeBytes: number) => Pinned,
    mayRefuse: boolean,
  ) {
    this.#ways = ways;
    this.#shared = shared;
    this.#newPinned = newPinned;
    this.#refusing = mayRefuse ? refusing(shared.handler) : undefined;
    const known = new Map<string, ListenerContexts>();
    this.#all = (ways.listeners ?? [usualListener(ways)]).map((listener) => {
      const way = `${listener.isSecure} ${listener.hasHttp2} ${listener.hasProxyHeader}`;
      const contexts = known.get(way) ?? this.#newContexts(listener);
      known.set(way, contexts);
      return contexts;
    });
  }

  of(listener: number): ListenerContexts {
    return this.#all[listener]!;
  }

  /** Who is a proxy, as other options say: connections that are open go by it, too. */
  setClients(clients: Clients | undefined): void {
    for (const { serving, refusing } of this.#all) {
      serving.clients = clients;
      if (refusing !== undefined) refusing.clients = clients;
    }
  }

  #newContexts({ isSecure, hasHttp2, hasProxyHeader }: TransportListener): ListenerContexts {
    const { limits, http2, secure, proxyHeaders, proxies } = this.#ways;
    const security = isSecure ? "tls" : "none";
    const parser = new HeadParser(limits, security);
    const http1 = { limits, parser, writer: new HeadWriter(this.#newPinned), allowsHttp2: hasHttp2 && !isSecure };
    const serving: KernelContext = {
      ...this.#shared,
      http1,
      newHttp2: hasHttp2 ? http2!.newHttp2(limits, security) : undefined,
      secure: isSecure ? { ...secure!, refusing: { ...http1, parser: new HeadParser(limits, "wanted") } } : undefined,
      proxyHeaders: hasProxyHeader ? proxyHeaders : undefined,
      clients: proxies,
    };
    return { serving, refusing: this.#refusing && { ...serving, handler: this.#refusing } };
  }
}

/** Where nobody names one: it has all that there is. */
function usualListener({ secure, http2, proxyHeaders }: Ways): TransportListener {
  return {
    name: "",
    isSecure: secure !== undefined,
    hasHttp2: http2 !== undefined,
    hasProxyHeader: proxyHeaders !== undefined,
  };
}
