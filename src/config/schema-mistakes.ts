// zod's issues -> mistakes in words: of a choice the form that was meant, for an unknown name the one that was.
import { mistakeAt, namesNear, type OptionMistake, type Path } from "./mistakes.ts";
import { otherName } from "./other-names.ts";
import { ONE_OF } from "./schema-parts.ts";
import type * as z from "./zod.ts";

/** More names than these are no help in a message. */
const LIST_LIMIT_COUNT = 10;

type Issue = z.core.$ZodIssue;

/**
 * What zod found, as mistakes at their places in the options.
 * @param topNames what can stand at the top level
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
        return issue.keys.map((key) => mistakeAt(options, [...place, key], wantedName(key, issue.message, topNames)));
      case "invalid_union": {
        // What has the form of one of several is told what is wrong with that form.
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
  // A site lacks only what there is once for the whole server.
  if (names.includes("root") && topNames.includes(name)) return "it at the top level: it is for all sites";
  const other = otherName(name, names);
  if (other !== undefined) return other;
  const near = namesNear(name, names);
  if (near.length > 0) return `another name, most likely ${near.join(" or ")}`;
  return names.length <= LIST_LIMIT_COUNT
    ? known
    : 'another name: "heddle config --no-config" prints all that there are';
}
