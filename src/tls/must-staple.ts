// Whether a certificate demands that its server staples an answer of the authority (RFC 7633). node:crypto does not say.
import type { X509Certificate } from "node:crypto";
import { contextTag, decodeAll, decodeWithin, numberOf, OCTET_STRING, objectIdOf, octetsOf, SEQUENCE } from "./der.ts";

const TLS_FEATURE = "1.3.6.1.5.5.7.1.24";
/** The extensions `status_request` (RFC 6066) and `status_request_v2` (RFC 6961) of TLS. */
const STATUS_REQUESTS: readonly number[] = [5, 17];

export function hasMustStaple({ raw }: Pick<X509Certificate, "raw">): boolean {
  const [body] = decodeWithin(decodeAll(raw)[0], SEQUENCE);
  const extensions = decodeWithin(body, SEQUENCE).find(({ tag }) => tag === contextTag(3, true));
  if (extensions === undefined) return false;
  return decodeWithin(decodeAll(extensions.content)[0], SEQUENCE).some((extension) => {
    const [type, ...others] = decodeWithin(extension, SEQUENCE);
    if (objectIdOf(type) !== TLS_FEATURE) return false;
    const value = octetsOf(others.find(({ tag }) => tag === OCTET_STRING));
    return decodeWithin(decodeAll(value)[0], SEQUENCE).some((feature) => STATUS_REQUESTS.includes(numberOf(feature)));
  });
}
