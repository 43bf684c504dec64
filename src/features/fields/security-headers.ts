// A set of protective response fields for sites that do not set their own: what the OWASP Secure Headers Project
// recommends and no ordinary page is broken by. A Content-Security-Policy for scripts is not among them: only the
// author of a page knows what it loads. Strict-Transport-Security has an option of its own (hsts.ts): browsers keep it.
export const SECURITY_FIELDS: Readonly<Record<string, string>> = {
  // Which sites may show this one in a frame; older browsers read the second.
  "Content-Security-Policy": "frame-ancestors 'self'",
  "X-Frame-Options": "SAMEORIGIN",
  // Other sites learn from which origin a visitor came, not from which page.
  "Referrer-Policy": "strict-origin-when-cross-origin",
  // A page that another site opens, or that opens another, shares no window with it.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
};
