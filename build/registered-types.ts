// The tables of media types as one string: V8 makes each string of an object literal when a thread loads it, but takes this
// one as it is.
import { registeredTypes } from "../src/http/registered-types.ts";

/** The module of the same name, for the package. */
export function registeredTypesAsText(): string {
  const byType = Map.groupBy(registeredTypes(), ([, type]) => type);
  const lines = [...byType].map(([type, entries]) => [type, ...entries.map(([extension]) => extension)].join(" "));
  return `
    const TEXT = ${JSON.stringify(lines.join(";"))};
    export function registeredTypes() {
      const types = new Map();
      for (const line of TEXT.split(";")) {
        const [type, ...extensions] = line.split(" ");
        for (const extension of extensions) types.set(extension, type);
      }
      return types;
    }`;
}
