// What is wrong in a JSON file, and on which line: JSON.parse quotes the file at any length, and often names no line.

/** Ends the messages of V8: a position, or the text around it. */
const PLACE = /(?: in JSON| after JSON(?= at))? at position \d+.*$|, ?(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s;

/** @param error what JSON.parse threw for the text */
export function explainJson(text: string, error: Error): { line: number; reason: string } {
  return { line: lineOf(text), reason: inWords(error.message.replace(PLACE, "")) };
}

/** "Unexpected token '\n'" -> "Unexpected end of a line": nobody sees a control character. */
function inWords(reason: string): string {
  return reason
    .replace(/ token '\r?\n'$/, " end of a line")
    .replace(/ token '([\0-\x1f\x7f])'$/, (_all, sign: string) => ` character ${sign.charCodeAt(0)}`)
    .replace("end of JSON input", "end of the file");
}

/** The first line that makes a mistake of what was well so far, found by halving; the last one of a text that lacks its end. */
function lineOf(text: string): number {
  const ends = [...text.trimEnd().matchAll(/\n|$/g)].map(({ index }) => index + 1);
  let [right, wrong] = [0, ends.length];
  while (right + 1 < wrong) {
    const middle = (right + wrong) >> 1;
    if (hasMistake(text.slice(0, ends[middle - 1]))) wrong = middle;
    else right = middle;
  }
  return wrong;
}

/** Whether there is a mistake in the lines, apart from the end that they do not have. */
function hasMistake(lines: string): boolean {
  try {
    JSON.parse(lines);
    return false;
  } catch (error) {
    const { message } = error as Error;
    const position = / at position (\d+)/.exec(message)?.[1];
    return message !== "Unexpected end of JSON input" && Number(position) !== lines.length;
  }
}
