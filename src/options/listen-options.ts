// Where a server listens: an address, a Unix socket, or a socket that is open already. Each may be written as a text, as
// on the command line, or as an object. The options host, port, socket and fd are short forms of a list with one or a few.
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { OptionError, placeName } from "./mistakes.ts";

/** One place to listen: `host` and `port`, or `socket`, or `fd`. */
export interface ListenPlace {
  /** Name or address, together with `port`. @default all addresses of this machine */
  host?: string;
  /** TCP port, 0 to 65535; 0 takes any free port. */
  port?: number;
  /** Path of a Unix socket, or "@" and a name in the abstract namespace of Linux. */
  socket?: string;
  /** Permissions of the Unix socket. @default the option `socketMode` */
  socketMode?: number;
  /** Listening socket that the process was started with: its descriptor, or its name in LISTEN_FDNAMES. */
  fd?: number | string;
  /** Whether HTTPS is spoken here, with the certificates of the option `tls`. @default true where `tls` is given */
  tls?: boolean;
  /** Whether each connection begins with a PROXY header. @default the option `proxyProtocol` */
  proxyProtocol?: boolean;
}

/** How connections come to a listener. */
interface Manner {
  /** Whether they begin with TLS. */
  readonly isSecure: boolean;
  /** Whether a PROXY header comes before that. */
  readonly hasProxyHeader: boolean;
}

/** What every listener has. */
interface Named extends Manner {
  /** As people write it: "localhost:8080", "unix:/run/heddle.sock", "unix:@heddle", "fd:3", "fd:web". */
  readonly name: string;
  /** The option that it is from, as messages name it: "port", "socket", "fd", "listen[1]". */
  readonly option: string;
}

export type ResolvedListener = Named &
  (
    | {
        readonly kind: "address";
        readonly host: string;
        readonly port: number;
        /** False when the port is only the default, which may move when it is busy. */
        readonly isPortFixed: boolean;
      }
    | {
        readonly kind: "socket";
        /** Absolute; or "@" and a name in the abstract namespace. */
        readonly path: string;
        readonly mode: number;
      }
    | { readonly kind: "fd"; readonly fd: number | string }
  );

export const LISTEN_PLACE =
  'an address like "localhost:8080" or ":80", "unix:/run/heddle.sock", "unix:@name" or "fd:3"';

/** Each costs every thread a watched descriptor; nobody needs more. */
export const LISTENER_LIMIT_COUNT = 64;

/** The path in a `struct sockaddr_un` has 108 bytes, and a NUL ends it (unix(7)). */
const SOCKET_PATH_LIMIT_BYTES = 107;
const PORT_LIMIT = 65_535;
/** sd_listen_fds_with_names(3): no colon and no control character. */
const FD_NAME = /^[!-9;-~]{1,255}$/;

/** What may follow a place, after a comma: "localhost:8080,no-tls,proxy-protocol". */
export const LISTEN_WORDS: Readonly<Record<string, Pick<ListenPlace, "tls" | "proxyProtocol"> | undefined>> = {
  tls: { tls: true },
  "no-tls": { tls: false },
  "proxy-protocol": { proxyProtocol: true },
  "no-proxy-protocol": { proxyProtocol: false },
};

/** A text as it is written on the command line. @returns undefined for a text that names no place */
export function parseListen(text: string): ListenPlace | undefined {
  const comma = text.lastIndexOf(",");
  const said = comma < 0 ? undefined : LISTEN_WORDS[text.slice(comma + 1)];
  if (said === undefined) return parsePlace(text);
  const place = parseListen(text.slice(0, comma));
  return place && { ...said, ...place };
}

function parsePlace(text: string): ListenPlace | undefined {
  const [, scheme, rest = ""] = /^(unix|fd):(.+)$/s.exec(text) ?? [];
  if (scheme === "unix") return rest.includes("\0") || rest.startsWith("//") ? undefined : { socket: rest };
  if (scheme === "fd") {
    if (/^\d{1,10}$/.test(rest)) return { fd: Number(rest) };
    return FD_NAME.test(rest) ? { fd: rest } : undefined;
  }
  const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+(?:%\w+)?)\]|([^:/[\]\s]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > PORT_LIMIT) return undefined;
  const host = bracketed ?? plain ?? "";
  return host === "" || host === "*" ? { port } : { host, port };
}

/** What is wrong with a place that is written as an object; undefined when it can be used. */
export function placeProblem({ host, port, socket, socketMode, fd }: ListenPlace): string | undefined {
  const kinds = [port !== undefined || host !== undefined, socket !== undefined, fd !== undefined];
  if (kinds.filter((one) => one).length !== 1) return "either host and port, or socket, or fd";
  if (host !== undefined && port === undefined) return "a port together with host";
  return socketMode !== undefined && socket === undefined ? "socketMode only together with socket" : undefined;
}

/** The short forms, as they were given; those that are missing have their defaults. */
export interface ShortForms {
  readonly host: string;
  readonly port: number;
  readonly isPortFixed: boolean;
  readonly socket: string | undefined;
  readonly socketMode: number;
  readonly fd: readonly number[];
  readonly manner: Manner;
}

/** One listener, or one for each descriptor. */
export function listenersOf(short: ShortForms): ResolvedListener[] {
  const { host, port, isPortFixed, socket, socketMode, fd, manner } = short;
  if (fd.length > 0) return fd.map((one) => ({ kind: "fd", name: `fd:${one}`, option: "fd", fd: one, ...manner }));
  if (socket !== undefined)
    return [{ kind: "socket", name: `unix:${socket}`, option: "socket", path: socket, mode: socketMode, ...manner }];
  return [{ kind: "address", name: addressName(host, port), option: "port", host, port, isPortFixed, ...manner }];
}

/** What the places of a list have in common, where they do not say otherwise. */
export interface ListenDefaults {
  readonly socketMode: number;
  /** Whether there is a certificate. */
  readonly hasTls: boolean;
  /** Whether somebody may send PROXY headers. */
  readonly hasProxies: boolean;
  readonly proxyProtocol: boolean;
}

/**
 * @param folder base of relative paths
 * @throws {OptionError} for two listeners at one place, for a path that is too long, for TLS without a certificate, and for
 *   PROXY headers without a proxy
 */
export function resolveListen(
  listen: string | ListenPlace | readonly (string | ListenPlace)[],
  defaults: ListenDefaults,
  folder: string,
): [ResolvedListener, ...ResolvedListener[]] {
  const isList = Array.isArray(listen);
  const places = [listen].flat() as (string | ListenPlace)[];
  const listeners = places.map((one, index) => {
    const option = isList ? placeName(["listen", index]) : "listen";
    const place = typeof one === "string" ? parseListen(one)! : one;
    return resolvePlace(place, option, defaults, folder);
  });
  for (const [index, { name, option }] of listeners.entries()) {
    const earlier = listeners.slice(0, index).find((other) => other.name === name);
    if (earlier !== undefined) throw new OptionError(option, name, `another place than ${earlier.option}`);
  }
  const [first, ...others] = listeners;
  if (first === undefined) throw new OptionError("listen", listen, `at least one place: ${LISTEN_PLACE}`);
  return [first, ...others];
}

function resolvePlace(place: ListenPlace, option: string, defaults: ListenDefaults, folder: string): ResolvedListener {
  const { fd, socket, port } = place;
  const manner = resolveManner(place, option, defaults);
  if (fd !== undefined) return { kind: "fd", name: `fd:${fd}`, option, fd, ...manner };
  if (socket !== undefined) {
    const path = resolveSocketPath(socket, folder, option);
    const mode = place.socketMode ?? defaults.socketMode;
    return { kind: "socket", name: `unix:${path}`, option, path, mode, ...manner };
  }
  const host = place.host ?? everyAddress();
  return { kind: "address", name: addressName(host, port!), option, host, port: port!, isPortFixed: true, ...manner };
}

function resolveManner(place: ListenPlace, option: string, defaults: ListenDefaults): Manner {
  const { tls = defaults.hasTls, proxyProtocol = defaults.proxyProtocol } = place;
  if (tls && !defaults.hasTls) throw new OptionError(option, "tls", "the option tls, too: a certificate");
  if (proxyProtocol && !defaults.hasProxies)
    throw new OptionError(option, "proxy-protocol", "trustedProxies, too: the proxies that may send the header");
  return { isSecure: tls, hasProxyHeader: proxyProtocol };
}

/** @returns an absolute path, or a name in the abstract namespace as it is */
export function resolveSocketPath(socket: string, folder: string, option: string): string {
  const path = socket.startsWith("@") ? socket : resolve(folder, socket);
  if (Buffer.byteLength(path) <= SOCKET_PATH_LIMIT_BYTES) return path;
  const what = socket.startsWith("@") ? "an abstract name" : "an absolute path";
  throw new OptionError(option, path, `${what} of at most ${SOCKET_PATH_LIMIT_BYTES} bytes`);
}

/** A socket for IPv6 takes IPv4 as well, but some machines and containers have no IPv6. */
export function everyAddress(): string {
  const entries = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return entries.some(({ family }) => family === "IPv6") ? "::" : "0.0.0.0";
}

/** As URLs write them. */
export function addressName(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
