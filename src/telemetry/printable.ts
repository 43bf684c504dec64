// Text from file systems, peers and configurations, made safe for a terminal and a log.

/** Control characters as \xNN: none of them moves the cursor, colours the terminal or begins a line. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (code) => `\\x${code.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

const LETTERS: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };

/** One byte as a string of JavaScript writes it: printable ASCII as it is, \r, \n, \t and \\, and any other as \xNN. */
export function printableByte(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f && byte !== 0x5c) return String.fromCharCode(byte);
  return LETTERS[byte] ?? `\\x${byte.toString(16).padStart(2, "0")}`;
}
