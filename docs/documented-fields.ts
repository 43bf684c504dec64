// The fields of the exported interfaces that the documentation is made from, as their comments describe them.
import { readFileSync } from "node:fs";

export interface DocumentedField {
  readonly name: string;
  readonly meaning: string;
  readonly byDefault: string;
}

/** @param path relative to this file */
export function documentedFields(path: string, interfaceName: string): DocumentedField[] {
  const source = readFileSync(new URL(path, import.meta.url), "utf8");
  const body = new RegExp(String.raw`export interface ${interfaceName}(?: extends [^{]+)? \{\n(.*?)\n\}`, "s").exec(
    source,
  );
  return [...(body?.[1] ?? "").matchAll(/\/\*\*(.*?)\*\/\s+(?:readonly )?(\w+)\??:/gs)].map(([, comment, name]) => {
    const words = comment!.replace(/\s*\n\s*\*?\s*/g, " ").trim();
    const [meaning, byDefault = ""] = words.split("@default").map((part) => part.trim());
    return { name: name!, meaning: meaning!, byDefault };
  });
}
