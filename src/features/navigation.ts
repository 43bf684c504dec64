// Whether a request is for a page that a person visits, or for a part of a page. A visit gets the page of a single-page
// application, whatever the path is; a missing script must stay a 404, or the browser would run HTML.
import type { Request } from "../http/message.ts";
import { parseQualities, qualityOf } from "../http/negotiation.ts";

/** Never by the extension alone: "/users/jane.doe" is a page. */
export function isNavigation(request: Pick<Request, "method" | "field">): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  // Fetch Metadata: browsers say it themselves, and scripts cannot forge it.
  const mode = request.field("sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  // Older browsers ask for text/html by name when they navigate, and for */* in all other cases; so does curl.
  const accept = request.field("accept");
  const ranges = accept === undefined ? undefined : parseQualities(accept);
  return ranges !== undefined && (qualityOf(ranges, "text/html", "text/html") ?? 0) > 0;
}
