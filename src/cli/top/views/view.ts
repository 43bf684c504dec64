// What every view of `heddle top` gives: parts with a title, a heading and rows, which the screen cuts to its height.
import type { Glyphs } from "../glyphs.ts";
import type { Shown } from "../history.ts";
import type { Line } from "../text.ts";

export interface Part {
  readonly title: string;
  /** Said next to the title: what the marks mean. */
  readonly note?: Line;
  readonly heading: Line;
  readonly rows: readonly Line[];
  /** Said where there are no rows. */
  readonly empty: string;
}

/** @param width of the terminal; Infinity for text that nobody cuts */
export type View = (shown: Shown, glyphs: Glyphs, width: number) => readonly Part[];
