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
