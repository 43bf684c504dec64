// zod's issues -> mistakes in words. For a choice of forms the closest form is explained, for an unknown name the closest
// name is suggested.
import { mistakeAt, namesNear, type OptionMistake, type Path } from "../mistakes.ts";
import { otherName } from "../other-names.ts";
import { ONE_OF } from "./parts.ts";
import type * as z from "./zod.ts";

/** A longer list of names does not help in a message. */
const LIST_LIMIT_COUNT = 10;

type Issue = z.core.$ZodIssue;

/**
 * The issues as mistakes, each with its place in the options.
 * @param topNames names that are allowed at the top level
 */
export function mistakesOf(
  issues: readonly Issue[],
  options: unknown,
  above: Path,
  topNames: readonly string[],
): OptionMistake[] {
  return issues.flatMap((issue) => {
    const place = [...above, ...issue.path];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => {
          const wanted = wantedName(key, issue.message, topNames);
          return { ...mistakeAt(options, [...place, key], wanted), found: "an unknown name" };
        });
      case "invalid_union": {
        // The value has the form of one of several choices: say what is wrong with that form.
        const within = issue.errors.filter((branch) =>
          branch.every(({ path: below, code }) => below.length > 0 || code === "custom"),
        );
        return within.length === 1
          ? mistakesOf(within[0]!, options, place, topNames)
          : mistakeAt(options, place, issue.message);
      }
      case "invalid_key":
        return { ...mistakeAt(options, place, issue.issues[0]!.message), found: "this name" };
      default:
        return mistakeAt(options, place, issue.message);
    }
  });
}

function wantedName(name: string, known: string, topNames: readonly string[]): string {
  const names = known.slice(ONE_OF.length).split(", ");
  // A site has every option but those of the whole server.
  if (names.includes("root") && topNames.includes(name))
    return "this name at the top level only: it is an option of the whole server";
  const other = otherName(name, names);
  if (other !== undefined) return other;
  const near = namesNear(name, names);
  if (near.length > 0) return near.join(" or ");
  return names.length <= LIST_LIMIT_COUNT
    ? known
    : 'a name that "heddle help options" or "heddle help configuration" lists';
}
