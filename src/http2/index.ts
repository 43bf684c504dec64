// The HTTP/2 engine. docs/architecture.md shows how a transport drives it.

export { Http2Connection } from "./connection.ts";
export { Http2Context } from "./context.ts";
export type { Http2Event } from "./events.ts";
export { ERROR_CODE } from "./frames.ts";
export { DEFAULT_HTTP2_LIMITS, type EngineLimits, type Http2Limits } from "./limits.ts";
