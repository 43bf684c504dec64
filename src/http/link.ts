// The Link field, RFC 8288 §3: links to other resources, each with parameters that say what they are for.

export interface Link {
  /** As it is written, with all parameters: `</app.css>; rel=preload; as=style`. */
  readonly text: string;
  /** The relation types, in lower case. */
  readonly rel: readonly string[];
}

/** A target, and parameters up to the comma that ends the link. Commas in the target and in quotes end nothing. */
const LINK = /<[^<>"\s]*>(?:[^",<>]|"(?:\\.|[^"\\])*")*/g;

/** With those that have no value, such as "crossorigin". */
const PARAMETER = /;[\t ]*([!#$%&'*+\-.^_`|~\w]+)[\t ]*(?:=[\t ]*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]*)))?/g;

/** The links in a value of the field. What is malformed is left out. */
export function parseLinks(value: string): readonly Link[] {
  return Array.from(value.matchAll(LINK), ([text]) => ({ text: text.trim(), rel: relationsOf(text) }));
}

/** RFC 8288 §3.3: of several `rel` parameters, the first counts. */
function relationsOf(link: string): readonly string[] {
  const parameters = link.slice(link.indexOf(">") + 1);
  for (const [, name, quoted, plain = ""] of parameters.matchAll(PARAMETER)) {
    if (name!.toLowerCase() === "rel")
      return (quoted ?? plain)
        .toLowerCase()
        .split(/[\t ]+/)
        .filter(Boolean);
  }
  return [];
}
