// What the site refuses, apart from paths that no file can have (content/resolve.ts): who may not come in, and what cannot be
// read. A reply carries such a code as `code`. docs/errors.md lists these rows, and a test compares the two.

/** By code: the status, what was found, and the section. */
export const SITE_REFUSALS = {
  ADDRESS_DENIED: [403, "The rules for addresses (allow, deny) do not let this client in.", "RFC 9110 §15.5.4"],
  CLIENT_DENIED: [403, "The certificate of the client is not one of allowClients.", "RFC 9110 §15.5.4"],
  RATE_LIMITED: [429, "The client, or all clients together, ask more often than the rate allows.", "RFC 6585 §4"],
  CONNECTIONS_EXCEEDED: [503, "The server, or the client, has as many connections as it may have.", "RFC 9110 §15.6.4"],
  EXCHANGES_EXCEEDED: [503, "The site answers as many requests at the same time as it may.", "RFC 9110 §15.6.4"],
  FILE_FORBIDDEN: [403, "The server lacks the permission to read the file.", "RFC 9110 §15.5.4"],
  DESCRIPTORS_EXHAUSTED: [503, "No descriptor or memory is left to open the file with.", "RFC 9110 §15.6.4"],
  ROOT_MISSING: [503, "The folder of the site is not there at the moment.", "RFC 9110 §15.6.4"],
  FILE_FAILED: [500, "The file could not be read; the cause is reported on the server.", "RFC 9110 §15.6.1"],
  HANDLER_FAILED: [
    500,
    "The handler threw, which is a bug of ours; the cause is reported on the server.",
    "RFC 9110 §15.6.1",
  ],
} as const;

export type SiteRefusalCode = keyof typeof SITE_REFUSALS;
