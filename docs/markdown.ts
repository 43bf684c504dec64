// Markdown as the formatter of this project wants it, for the generated parts of the documentation.

/** No line of a table is longer, so that it can be read in an editor and a terminal. */
export const TABLE_LIMIT_LENGTH = 160;
const TEXT_LIMIT_LENGTH = 120;

/** An item of a list of options. */
export interface Entry {
  readonly name: string;
  readonly meaning: string;
  /** Ways to set it, range, default. */
  readonly facts: readonly string[];
}

/** A list with the name and the meaning of each entry, and its facts below. */
export function bulletList(entries: readonly Entry[]): string {
  return entries
    .map(({ name, meaning, facts }) => {
      const lines = wrap(`- **\`${name}\`**: ${meaning}`, TEXT_LIMIT_LENGTH);
      if (facts.length > 0) lines.push(...wrap(`(${facts.join("; ")})`, TEXT_LIMIT_LENGTH));
      return lines.map((line, index) => `${index === 0 ? "" : "  "}${line}\n`).join("");
    })
    .join("");
}

/** A table with padded columns. A last cell that would make a line too long goes on in a row below. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heads, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = heads.map((_head, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const last = widths.length - 1;
  const taken = widths.slice(0, last).reduce((sum, width) => sum + width + 3, "| ".length + " |".length);
  widths[last] = Math.min(widths[last]!, TABLE_LIMIT_LENGTH - taken);
  const lines = cells.flatMap((row) =>
    wrap(row[last]!, widths[last]!).map((part, index) => [
      ...row.slice(0, last).map((cell) => (index === 0 ? cell : "")),
      part,
    ]),
  );
  widths[last] = Math.max(...lines.map((line) => line[last]!.length));
  lines.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return lines.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`).join("");
}

/** Lines of at most so many characters, broken between words but never inside of code. */
export function wrap(text: string, length: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|[^ ])+/g) ?? [""]) {
    if (line !== "" && line.length + 1 + word.length > length) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
