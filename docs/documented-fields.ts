// The fields of the exported interfaces that the documentation is made from, as their comments describe them.
import { readFileSync } from "node:fs";

export interface DocumentedField {
  readonly name: string;
  readonly meaning: string;
  readonly byDefault: string;
}

/** The interfaces that make up `SiteOptions`, in the order of the documentation. */
export const SITE_INTERFACES: readonly { readonly file: string; readonly name: string }[] = [
  { file: "options/site-options.ts", name: "FolderOptions" },
  { file: "options/site-options.ts", name: "PageOptions" },
  { file: "features/routes.ts", name: "RouteOptions" },
  { file: "features/fields/field-options.ts", name: "FieldOptions" },
  { file: "features/access/access-options.ts", name: "AccessOptions" },
  { file: "options/site-options.ts", name: "FileOptions" },
];

/** The fields of `SiteOptions`. */
export function siteFields(): DocumentedField[] {
  return SITE_INTERFACES.flatMap(({ file, name }) => documentedFields(file, name));
}

/** @param path below src/ */
export function documentedFields(path: string, interfaceName: string): DocumentedField[] {
  const source = readFileSync(new URL(`../src/${path}`, import.meta.url), "utf8");
  const body = new RegExp(String.raw`export interface ${interfaceName}(?: extends [^{]+)? \{\n(.*?)\n\}`, "s").exec(
    source,
  );
  return [...(body?.[1] ?? "").matchAll(/\/\*\*(.*?)\*\/\s+(?:readonly )?(\w+)\??:/gs)].map(([, comment, name]) => {
    const words = comment!.replace(/\s*\n\s*\*?\s*/g, " ").trim();
    const [meaning, byDefault = ""] = words.split("@default").map((part) => part.trim());
    return { name: name!, meaning: meaning!, byDefault };
  });
}
