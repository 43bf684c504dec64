// A set of protective response fields for sites that do not set their own: what the OWASP Secure Headers Project
// recommends and no ordinary page is broken by. A Content-Security-Policy for scripts is not among them: only who
// wrote the page knows what it loads. No Strict-Transport-Security: over cleartext it must not be sent (RFC 6797 §7.2).
export const SECURITY_FIELDS: Readonly<Record<string, string>> = {
  // Who may show the site in a frame; older browsers read the second.
  "Content-Security-Policy": "frame-ancestors 'self'",
  "X-Frame-Options": "SAMEORIGIN",
  // Other sites learn the origin that a visitor came from, not the page.
  "Referrer-Policy": "strict-origin-when-cross-origin",
  // A page that another site opens, or that opens another, shares no window with it.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
};
