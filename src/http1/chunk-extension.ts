// The grammar of chunk extensions, RFC 9112 §7.1.1, byte by byte. The engine knows no extension. It reads them only to
// be sure where the line ends, so that a proxy in front of us cannot see another end.
//
//   chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS ( token / quoted-string ) ] )
import { FIELD_VALUE_BYTES, TOKEN_BYTES } from "../http/fields.ts";

const HTAB = 0x09;
const SP = 0x20;
const DOUBLE_QUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS_SIGN = 0x3d;
const BACKSLASH = 0x5c;

/** The part of an extension that was read last. The line may end after "done", "name" and "token". */
export type ExtensionPhase =
  | "space"
  | "start"
  | "name"
  | "name-space"
  | "equals"
  | "token"
  | "quoted"
  | "escape"
  | "done";

/**
 * The phase after `byte`, or undefined when that byte cannot stand here. In "done", an extension or the size is
 * complete.
 */
export function stepExtension(phase: ExtensionPhase, byte: number): ExtensionPhase | undefined {
  const isSpace = byte === SP || byte === HTAB;
  switch (phase) {
    case "start":
      if (isSpace) return "start";
      return TOKEN_BYTES[byte] === 1 ? "name" : undefined;
    case "name":
      if (TOKEN_BYTES[byte] === 1) return "name";
      return byte === EQUALS_SIGN ? "equals" : isSpace ? "name-space" : next(byte);
    case "name-space":
      return byte === EQUALS_SIGN ? "equals" : isSpace ? "name-space" : next(byte);
    case "equals":
      if (isSpace) return "equals";
      if (byte === DOUBLE_QUOTE) return "quoted";
      return TOKEN_BYTES[byte] === 1 ? "token" : undefined;
    case "token":
      if (TOKEN_BYTES[byte] === 1) return "token";
      return isSpace ? "space" : next(byte);
    case "quoted":
      if (byte === DOUBLE_QUOTE) return "done";
      if (byte === BACKSLASH) return "escape";
      return FIELD_VALUE_BYTES[byte] === 1 ? "quoted" : undefined;
    case "escape":
      return FIELD_VALUE_BYTES[byte] === 1 ? "quoted" : undefined;
    case "space":
    case "done":
      return isSpace ? "space" : next(byte);
  }
}

/** Whether the line may end here. */
export function isExtensionEnd(phase: ExtensionPhase): boolean {
  return phase === "name" || phase === "token" || phase === "done";
}

function next(byte: number): ExtensionPhase | undefined {
  return byte === SEMICOLON ? "start" : undefined;
}
