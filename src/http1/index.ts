// The engine for other programs: `import { Connection } from "heddle/http1"`. docs/architecture.md shows how a
// transport drives it; examples/engine.ts does so in twenty lines.

export type {
  Block,
  ByteReader,
  Content,
  ContentStream,
  FileSlice,
  OpenFile,
  Rejection,
  Reply,
  Request,
  WrittenReply,
} from "../http/message.ts";
export { OutputBuffer } from "../http/output-buffer.ts";
export { ProtocolMisuseError } from "../http/protocol-misuse.ts";
export { RequestHead } from "../http/request-head.ts";
export { Connection, type Http1Context } from "./connection.ts";
export type { Http1Event, Mistake } from "./events.ts";
export { HeadParser } from "./head-parser.ts";
export { HeadWriter } from "./head-writer.ts";
export { DEFAULT_LIMITS, type Http1Limits } from "./limits.ts";
export { REJECTIONS, type RejectionCode } from "./rejection.ts";
export type { PeerState, SelfState } from "./state.ts";
