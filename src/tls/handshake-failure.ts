// Why handshakes fail, in the few kinds that people act upon differently. OpenSSL has hundreds of reasons.

/** In the order of the counters; what each means is said in docs/https.md. */
export const HANDSHAKE_FAILURES = [
  "timeout",
  "crowded",
  "abandoned",
  "plainHttp",
  "version",
  "algorithms",
  "protocol",
  "clientCertificate",
  "alert",
  "malformed",
] as const;

export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

/** By code: the kind, what was found, and the section. docs/errors.md lists these rows; plain HTTP has the code PLAIN_ON_TLS. */
export const HANDSHAKE_REFUSALS = {
  HANDSHAKE_TIMEOUT: ["timeout", "The handshake was not complete in time.", "RFC 8446 §4"],
  HANDSHAKES_TOO_MANY: ["crowded", "This handshake was the oldest of too many at once.", "RFC 8446 §4"],
  HANDSHAKE_ABANDONED: ["abandoned", "The client closed the connection before the end.", "RFC 8446 §6.1"],
  TLS_VERSION_UNSUPPORTED: ["version", "The client speaks no version of TLS from 1.2 on.", "RFC 8446 §4.2.1"],
  TLS_ALGORITHMS_UNSUPPORTED: [
    "algorithms",
    "No cipher suite, group or signature is known to both.",
    "RFC 8446 §4.1.1",
  ],
  TLS_PROTOCOL_UNSUPPORTED: [
    "protocol",
    "The client asks by ALPN for protocols that are not spoken here.",
    "RFC 7301 §3.2",
  ],
  CLIENT_CERTIFICATE_REFUSED: [
    "clientCertificate",
    "The certificate of the client is missing or not accepted.",
    "RFC 8446 §4.4.2.4",
  ],
  TLS_ALERT: ["alert", "The client ended the handshake by an alert.", "RFC 8446 §6.2"],
  TLS_MALFORMED: ["malformed", "The client sent records or messages that are not TLS.", "RFC 8446 §6.2"],
} as const;

/** @returns undefined for plain HTTP: the engine refuses its request, with a code of its own */
export function handshakeRefusalOf(reason: HandshakeFailure): keyof typeof HANDSHAKE_REFUSALS | undefined {
  const codes = Object.keys(HANDSHAKE_REFUSALS) as (keyof typeof HANDSHAKE_REFUSALS)[];
  return codes.find((code) => HANDSHAKE_REFUSALS[code][0] === reason);
}

const KINDS: readonly (readonly [reason: RegExp, kind: HandshakeFailure])[] = [
  // First: an alert of the client may name any of the others.
  [/ALERT/, "alert"],
  [
    /^(UNSUPPORTED_PROTOCOL|UNKNOWN_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK|NO_PROTOCOLS_AVAILABLE)$/,
    "version",
  ],
  [/^NO_(SHARED|SUITABLE)_/, "algorithms"],
  [/^NO_APPLICATION_PROTOCOL$/, "protocol"],
  [/^(PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_VERIFY_FAILED)$/, "clientCertificate"],
];

/** @param reason as OpenSSL has it: "no shared cipher", or "NO_SHARED_CIPHER" */
export function handshakeFailureOf(reason: string): HandshakeFailure {
  const name = reason.toUpperCase().replaceAll(" ", "_");
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? "malformed";
}
