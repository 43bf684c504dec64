// Refuses patterns of serve.json that could take very long for a path made for the purpose: the author of one root must
// not stop the threads that serve the others. Nearly all patterns take time linear in the path (features/patterns/),
// however many wildcards and choices they have.
import { pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";
import { checkPattern } from "./paths.ts";

/** @throws {Unhonoured} for a pattern that URLPattern cannot read, or that takes more than linear time */
export function checkLinear(pattern: string): string {
  checkPattern(pattern);
  if (!pathPattern(pattern).isLinear) {
    throw new Unhonoured("too many counted repetitions: a request could make the match take very long");
  }
  return pattern;
}
