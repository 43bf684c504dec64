// Cross-origin reads (the Fetch standard, "CORS protocol"): which other origins' scripts may read what is served
// here, said in response fields, and the answers to the browser's question beforehand (preflight).
import { isToken } from "../http/fields.ts";
import type { Reply, Request } from "../http/message.ts";

export interface CorsOptions {
  /** "*" for all, or origins as browsers send them: "https://example.com", without a path. */
  readonly origins: "*" | readonly string[];
  /** Request fields that a script may set beside the few that it always may. */
  readonly requestHeaders?: readonly string[];
  /** Response fields that a script may read beside the few that it always may. */
  readonly exposedHeaders?: readonly string[];
  /** Whether cookies and passwords go along; then origins must be named. */
  readonly credentials?: boolean;
  /** How long a browser need not ask again, in seconds. @default 600 */
  readonly maxAgeSeconds?: number;
}

export interface Cors {
  /** Field lines for every reply; those that depend on the origin are `fieldsFor`. */
  readonly fields: string;
  /** Undefined when `fields` say it all. Else further lines for a request, the same string for the same origin. */
  readonly fieldsFor: ((request: Request) => string) | undefined;
  /** The reply to a preflight, undefined when the request is none. */
  preflight(request: Request): Reply | undefined;
}

/** What a file can be asked for across origins; anything else is not there to be allowed. */
const METHODS = "GET, HEAD, OPTIONS";
const DEFAULT_MAX_AGE_SECONDS = 600;

/** @throws {TypeError} for an origin or a field name that is none, and for credentials with "*" */
export function createCors(options: CorsOptions): Cors {
  check(options);
  const { origins, requestHeaders = [], exposedHeaders = [], credentials = false } = options;
  const exposed = exposedHeaders.length === 0 ? "" : `Access-Control-Expose-Headers: ${exposedHeaders.join(", ")}\r\n`;
  const allowed = new Map<string, string>();
  if (origins !== "*") {
    const withCredentials = credentials ? "Access-Control-Allow-Credentials: true\r\n" : "";
    for (const origin of origins) {
      allowed.set(origin, `Access-Control-Allow-Origin: ${origin}\r\n${withCredentials}${exposed}`);
    }
  }
  // RFC 9110 §12.5.5: what is kept for one origin must not be given to another.
  const fields = origins === "*" ? `Access-Control-Allow-Origin: *\r\n${exposed}` : "Vary: Origin\r\n";
  const fieldsFor = (request: Request): string => allowed.get(request.field("origin") ?? "") ?? "";
  const asked =
    `Access-Control-Allow-Methods: ${METHODS}\r\n` +
    (requestHeaders.length === 0 ? "" : `Access-Control-Allow-Headers: ${requestHeaders.join(", ")}\r\n`) +
    `Access-Control-Max-Age: ${options.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS}\r\n`;
  return {
    fields,
    fieldsFor: origins === "*" ? undefined : fieldsFor,
    preflight(request) {
      const isPreflight =
        request.method === "OPTIONS" &&
        request.field("origin") !== undefined &&
        request.field("access-control-request-method") !== undefined;
      if (!isPreflight) return undefined;
      const granted = origins === "*" ? "" : fieldsFor(request);
      // An origin that is not allowed is told nothing; the browser takes that for a no.
      const isGranted = origins === "*" || granted !== "";
      return { status: 204, fields: fields + granted + (isGranted ? asked : ""), content: undefined };
    },
  };
}

function check({ origins, credentials, requestHeaders = [], exposedHeaders = [] }: CorsOptions): void {
  if (origins === "*" && credentials) throw new TypeError('credentials need named origins, not "*"');
  for (const origin of origins === "*" ? [] : origins) {
    if (origin === "*") throw new TypeError('all origins are origins: "*", without a list');
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`not an origin: ${JSON.stringify(origin)} (wanted something like "https://example.com")`);
    }
  }
  for (const name of [...requestHeaders, ...exposedHeaders]) {
    if (!isToken(name)) throw new TypeError(`not a field name: ${JSON.stringify(name)}`);
  }
}
