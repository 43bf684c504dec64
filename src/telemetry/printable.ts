// Text from file systems, peers and configurations, made safe for a terminal and a log.

/** Control characters as \xNN: none of them moves the cursor, colours the terminal or begins a line. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (code) => `\\x${code.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
