// An error in words, for the person who runs the server: what failed and why, in one line, and the stack of calls
// when the mistake is ours. Messages may hold names that a peer has chosen.
import { printable } from "./printable.ts";

/** Never empty; every line of it is printable. */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  let innermost = error;
  for (let next = error; next !== undefined; next = next instanceof Error ? next.cause : undefined) {
    messages.push(next instanceof Error ? next.message || next.name : String(next));
    innermost = next;
  }
  return [messages.join(": "), ...callsOf(innermost)].map(printable).join("\n");
}

/** Empty for an error of the system: its code says it all, and the calls are always the same. */
function callsOf(error: unknown): string[] {
  if (!(error instanceof Error) || "code" in error) return [];
  return (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
}
