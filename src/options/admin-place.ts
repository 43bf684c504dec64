// The option `admin`: where the listener for operators is. A port is one of this machine only, unless an address says
// otherwise; whatever has a slash in it is the path of a Unix socket.
import { isIP } from "node:net";
import { resolve } from "node:path";

/** Where the admin listener is. */
export type AdminPlace =
  | { readonly kind: "address"; readonly host: string; readonly port: number }
  /** Absolute path of a Unix socket. */
  | { readonly kind: "socket"; readonly path: string };

/** In the words of a message. */
export const ADMIN_WANTED =
  'a port like 9180, an address with a port like "127.0.0.1:9180", or the path of a socket with a slash, like "/run/heddle/admin.sock"';

/** What `console` takes besides true and false. */
export const CONSOLE_WANTED: string = `true, or ${ADMIN_WANTED}`;

/** Where the live page is when nobody names a place; `heddle top` asks there. */
export const DEFAULT_ADMIN_PORT = 9180;

const LARGEST_PORT = 65_535;

/** Nobody else is meant by a port alone. */
const OWN_HOST = "localhost";

/** "9180", "localhost:9180", "[::1]:9180", "127.0.0.1:9180". An IPv6 address needs its brackets. */
const ADDRESS = /^(?:(?<host>[a-z\d._-]+|\[[\da-f:.]+\]):)?(?<port>\d{1,5})$/i;

/** @returns undefined for what is none */
export function adminPlaceOf(given: string | number, folder: string): AdminPlace | undefined {
  const text = String(given);
  if (text.includes("/")) return { kind: "socket", path: resolve(folder, text.replace(/^unix:/, "")) };
  const { host = OWN_HOST, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > LARGEST_PORT) return undefined;
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  if (host.startsWith("[") && isIP(bare) !== 6) return undefined;
  return { kind: "address", host: bare, port: Number(port) };
}
