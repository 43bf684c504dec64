// The limits of both engines, as one option: `limits`. Each engine knows its own, with their reasons.
import { DEFAULT_LIMITS, type Http1Limits } from "../http1/limits.ts";
import { DEFAULT_HTTP2_LIMITS, type Http2Limits } from "../http2/limits.ts";

export interface Limits extends Http1Limits, Http2Limits {}

export const LIMIT_DEFAULTS: Readonly<Limits> = Object.freeze({ ...DEFAULT_LIMITS, ...DEFAULT_HTTP2_LIMITS });
