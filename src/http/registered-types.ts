// All registered media types, by extension. The package has them as one string instead, which this file's function takes
// apart (build/registered-types.ts): the tables of the library are 2,000 strings, which each thread would make at its start.
import other from "mime/types/other.js";
import standard from "mime/types/standard.js";

/** The class of the library takes 3 ms for this: it also builds the way back, from types to extensions. */
export function registeredTypes(): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const table of [standard, other]) {
    for (const [type, extensions] of Object.entries(table)) {
      // With a star, the extension belongs to another type first.
      for (const extension of extensions) if (!extension.startsWith("*")) types.set(extension, type);
    }
  }
  return types;
}
