// What the schema takes of zod, and nothing else: in the package that is published this file has all of it inside
// (build.ts), because importing zod reads 70 files, fifty of them messages in languages that nobody asks for, in 75 ms.

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
  optional,
  record,
  refine,
  regex,
  safeParse,
  strictObject,
  string,
  union,
} from "zod/mini";
