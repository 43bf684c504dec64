// Asks Heddle and another matcher the same questions, and lists where they differ. Each difference must belong to a
// class that has a row in docs/migrating-files.md, and each class must still be met: a row that is no longer true has
// to go.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** A text of rules, and a path that is asked for. */
export interface Question {
  readonly rules: string;
  readonly path: string;
}

export interface Difference<Q extends Question = Question> {
  readonly question: Q;
  readonly ours: string;
  readonly theirs: string;
}

export interface DifferenceClass<Q extends Question = Question> {
  /** Words of the row of docs/migrating-files.md that says what differs, and why. */
  readonly row: string;
  covers(difference: Difference<Q>): boolean;
}

/** What a side decides, in one line: "301 /new", "200 /index.html", "404". */
export type Side<Q extends Question> = (question: Q) => string | Promise<string>;

const SHOWN_COUNT = 40;
const PAGE = readFileSync(new URL("../../docs/migrating-files.md", import.meta.url), "utf8");

export async function differencesOf<Q extends Question>(
  questions: Iterable<Q>,
  ours: Side<Q>,
  theirs: Side<Q>,
): Promise<Difference<Q>[]> {
  const found: Difference<Q>[] = [];
  for (const question of questions) {
    const difference = { question, ours: await ours(question), theirs: await theirs(question) };
    if (difference.ours !== difference.theirs) found.push(difference);
  }
  return found;
}

/** Fails for differences that no class covers, and shows the first of them. */
export function assertNamed<Q extends Question>(
  differences: readonly Difference<Q>[],
  classes: readonly DifferenceClass<Q>[],
): void {
  const unnamed = differences.filter((difference) => !classes.some((one) => one.covers(difference)));
  const shown = unnamed.slice(0, SHOWN_COUNT).map(sentence);
  assert.equal(
    unnamed.length,
    0,
    `${unnamed.length} differences have no row in docs/migrating-files.md:\n${shown.join("\n")}`,
  );
}

/** Fails for a class without its row in the page, and for one that no difference belongs to. */
export function assertRows<Q extends Question>(
  differences: readonly Difference<Q>[],
  classes: readonly DifferenceClass<Q>[],
): void {
  const page = PAGE.replace(/\s+/g, " ");
  for (const one of classes) {
    assert.ok(page.includes(one.row), `docs/migrating-files.md has no row with the words: ${one.row}`);
    assert.ok(
      differences.some((difference) => one.covers(difference)),
      `nothing differs any more as this row says: ${one.row}`,
    );
  }
}

function sentence({ question, ours, theirs }: Difference): string {
  return `  ${question.path}: here ${ours}, there ${theirs}, for ${question.rules.replace(/\s+/g, " ").slice(0, 300)}`;
}
