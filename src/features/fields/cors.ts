// Cross-origin reads (the Fetch standard, "CORS protocol"): which other origins' scripts may read what is served
// here, said in response fields, and the answers to preflight requests.
import { isToken } from "../../http/fields.ts";
import type { Reply, Request } from "../../http/message.ts";

/** Which other origins may read the site (CORS). */
export interface CorsOptions {
  /** "*" for all, or origins as browsers send them: "https://example.com", without a path. */
  readonly origins: "*" | readonly string[];
  /** Request fields that a script may set, besides the few that are always allowed. @default none */
  readonly requestHeaders?: readonly string[];
  /** Response fields that a script may read, besides the few that are always allowed. @default none */
  readonly exposedHeaders?: readonly string[];
  /** Lets cookies and passwords go along; the origins must be named then. @default false */
  readonly credentials?: boolean;
  /** Seconds for which a browser need not ask again. @default 600 */
  readonly maxAgeSeconds?: number;
}

export type ResolvedCors = Required<CorsOptions>;

export interface Cors {
  /** Field lines for every reply; those that depend on the origin are `fieldsFor`. */
  readonly fields: string;
  /** Undefined when `fields` say it all. Else further lines for a request, the same string for the same origin. */
  readonly fieldsFor: ((request: Request) => string) | undefined;
  /** The reply to a preflight; undefined for every other request. */
  preflight(request: Request): Reply | undefined;
}

/** What a file can be asked for across origins; anything else is not there to be allowed. */
const METHODS = "GET, HEAD, OPTIONS";

/** @throws {TypeError} for an origin or a field name that is malformed, and for credentials with "*" */
export function createCors(options: ResolvedCors): Cors {
  check(options);
  const { origins, requestHeaders, exposedHeaders, credentials, maxAgeSeconds } = options;
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
    `Access-Control-Max-Age: ${maxAgeSeconds}\r\n`;
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
      // An origin that is not allowed gets no such fields, which the browser takes for a no.
      const isGranted = origins === "*" || granted !== "";
      return { status: 204, fields: fields + granted + (isGranted ? asked : ""), content: undefined };
    },
  };
}

function check({ origins, credentials, requestHeaders, exposedHeaders }: ResolvedCors): void {
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
