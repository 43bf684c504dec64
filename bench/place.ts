// Where a peer serves, and from which folder: what its command and its configuration are made from.
import { join } from "node:path";

/** What the server is told to do besides serving files. */
export type Setup =
  | "plain"
  /** Navigations to what is not found get /index.html. */
  | "spa"
  /** 200 redirect rules, each for all below a folder, none of which matches. */
  | "redirects"
  | "headers"
  | "clean-urls"
  | "listings"
  | "auth"
  | "keep-previous"
  /** A thousand sites by host name, each a folder of the root. */
  | "thousand-sites"
  /** A thread for each connection. */
  | "per-connection"
  /** Two serving threads. */
  | "two-threads"
  /** An access log in a file. */
  | "log"
  /** HTTPS. */
  | "tls"
  /** HTTP/2 by prior knowledge, without TLS. */
  | "h2c";

/** For localhost and 127.0.0.1: P-256, as most certificates have it. */
export const CERTIFICATE: Readonly<Record<"cert" | "key", string>> = {
  cert: join(import.meta.dirname, "..", "test", "fixtures", "tls", "localhost.pem"),
  key: join(import.meta.dirname, "..", "test", "fixtures", "tls", "localhost.key"),
};

export const REDIRECT_COUNT = 200;
export const SITE_COUNT = 1000;

/** The name of a site, and of its folder, by its number. */
export function siteName(index: number): string {
  return `${index}`.padStart(3, "0");
}

export function hostName(index: number): string {
  return `site-${siteName(index)}.example`;
}

/** Where a server that is told to have an access log writes it. */
export function logFileOf({ folder }: Place): string {
  return join(folder, "access.log");
}

export interface Place {
  readonly setup: Setup;
  /** The folder to serve. */
  readonly root: string;
  readonly port: number;
  /** A folder of the peer's own, for its configuration and what it writes. */
  readonly folder: string;
}
