// A table in the columns of a terminal. Where there is no room for all of its columns, the least important are left out;
// the last one gets what is left.
import { cutLine, type Line, lineWidth, type Span, span, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  /** The column of the highest number is left out first; 0 is always there. */
  readonly rank: number;
  readonly isNumber?: boolean;
  /** What the last column needs to be worth its place. */
  readonly leastWidth?: number;
  readonly cell: (row: Row) => Span | Line;
}

export interface Table {
  readonly heading: Line;
  readonly rows: readonly Line[];
}

const GAP = "  ";
/** For a word or some marks. */
const LEAST_WIDTH = 8;

/** @param width of the terminal; Infinity for text that nobody cuts */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number, cut: string): Table {
  const cells = rows.map((row) => columns.map(({ cell }) => [cell(row)].flat() as Line));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, lineWidth(row[index]!)), widthOf(title)),
  );
  const kept = fitting(columns, widths, width);
  const last = kept.at(-1)!;
  const used = kept.slice(0, -1).reduce((sum, index) => sum + widths[index]! + GAP.length, 0);
  const place = (parts: Line, index: number): Line => {
    if (index === last) return cutLine(parts, width - used, cut);
    const gap = { text: " ".repeat(widths[index]! - lineWidth(parts)) };
    return columns[index]!.isNumber ? [gap, ...parts, { text: GAP }] : [...parts, gap, { text: GAP }];
  };
  return {
    heading: kept.flatMap((index) => place([span(columns[index]!.title, "dim")], index)),
    rows: cells.map((row) => kept.flatMap((index) => place(row[index]!, index))),
  };
}

/** @returns the columns that stay, by their place */
function fitting(
  columns: readonly Pick<Column<never>, "rank" | "leastWidth">[],
  widths: readonly number[],
  width: number,
): number[] {
  let kept = columns.map((_, index) => index);
  for (;;) {
    const worst = Math.max(...kept.map((index) => columns[index]!.rank));
    if (worst === 0 || neededBy(kept, widths, columns.at(-1)!.leastWidth) <= width) return kept;
    const dropped = kept.findLast((index) => columns[index]!.rank === worst);
    kept = kept.filter((index) => index !== dropped);
  }
}

function neededBy(kept: readonly number[], widths: readonly number[], leastWidth = LEAST_WIDTH): number {
  const last = kept.at(-1)!;
  const used = kept.slice(0, -1).reduce((sum, index) => sum + widths[index]! + GAP.length, 0);
  return used + Math.min(widths[last]!, leastWidth);
}
