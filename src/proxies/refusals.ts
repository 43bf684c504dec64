// Why a connection is closed that should begin with a PROXY header, as docs/errors.md lists it. Apart from the parser, which
// few servers load.

/** By code: what was waited for, what was found, and the section of HAProxy's proxy-protocol.txt. */
export const PROXY_REFUSALS = {
  PROXY_HEADER_MALFORMED: ["header", "The connection does not begin with a PROXY header.", "PROXY protocol §2"],
  PROXY_HEADER_TIMEOUT: ["header", "The PROXY header did not arrive within headTimeoutMs.", "PROXY protocol §2"],
  PROXY_PEER_UNTRUSTED: ["peer", "The connection does not come from one of trustedProxies.", "PROXY protocol §5"],
} as const;

export type ProxyRefusal = keyof typeof PROXY_REFUSALS;
