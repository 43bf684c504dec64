// An error in words for whoever runs the server: what could not be done and why, in one line, and the calls
// that led there when it is a mistake of ours. Messages may hold names that a peer has chosen.

/** Never empty, and nothing in it can steer a terminal or begin a line of its own. */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  let innermost = error;
  for (let next = error; next !== undefined; next = next instanceof Error ? next.cause : undefined) {
    messages.push(next instanceof Error ? next.message || next.name : String(next));
    innermost = next;
  }
  return [messages.join(": "), ...callsOf(innermost)].map(printable).join("\n");
}

/** None for what the system has refused: its code says it all, and the calls are always the same. */
function callsOf(error: unknown): string[] {
  if (!(error instanceof Error) || "code" in error) return [];
  return (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
}

function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (code) => `\\x${code.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
