// The parts of zod that the schema uses. The published package bundles them (build.ts): importing zod itself reads 70 files,
// fifty of them messages in other languages, and takes 75 ms.

export type {
  core,
  input,
  output,
  ZodMiniArray,
  ZodMiniDefault,
  ZodMiniEnum,
  ZodMiniNumber,
  ZodMiniObject,
  ZodMiniRecord,
} from "zod/mini";
export {
  _default,
  array,
  boolean,
  enum,
  gte,
  int,
  literal,
  lte,
  null,
  number,
  optional,
  record,
  refine,
  regex,
  safeParse,
  strictObject,
  string,
  union,
} from "zod/mini";
