// What the keys of a terminal mean, from the bytes that it sends.

export type Key =
  | "quit"
  | "suspend"
  | "next"
  | "previous"
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "pause"
  | "help"
  | "redraw"
  | "1"
  | "2"
  | "3"
  | "4";

const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  Q: "quit",
  "\x03": "quit",
  "\x04": "quit",
  "\x1a": "suspend",
  "\t": "next",
  "\x1b[C": "next",
  l: "next",
  "\x1b[Z": "previous",
  "\x1b[D": "previous",
  h: "previous",
  "\x1b[A": "up",
  k: "up",
  "\x1b[B": "down",
  j: "down",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
  "\x1b[H": "first",
  "\x1b[1~": "first",
  g: "first",
  "\x1b[F": "last",
  "\x1b[4~": "last",
  G: "last",
  p: "pause",
  " ": "pause",
  "?": "help",
  "\x0c": "redraw",
  "1": "1",
  "2": "2",
  "3": "3",
  "4": "4",
};

/** An escape sequence (ECMA-48 §5.4, and those of function keys, SS3), or one character. */
const SEQUENCE = /\x1b\[[\d;?]*[\x20-\x2f]*[\x40-\x7e]|\x1bO.|[\s\S]/gu;

/** @param typed what came at once; a person's key comes whole */
export function keysOf(typed: string): Key[] {
  // Terminals in application mode say \x1bOA for \x1b[A.
  const names = (typed.match(SEQUENCE) ?? []).map((one) => one.replace(/^\x1bO/, "\x1b["));
  return names.flatMap((name) => (Object.hasOwn(KEYS, name) ? [KEYS[name]!] : []));
}
