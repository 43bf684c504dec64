// Lines of styled text, cut and filled to the columns of a terminal. A line is a list of spans, so that a colour never
// counts as width and is never cut in two.
import type { InspectColor } from "node:util";
import { printable } from "../../telemetry/printable.ts";

export interface Span {
  readonly text: string;
  readonly style?: InspectColor;
}

export type Line = readonly Span[];

/** Colours a text, or leaves it as it is. */
export type Paint = (style: InspectColor, text: string) => string;

/** Texts of others are made safe for the terminal here, and nowhere else. */
export function span(text: string, style?: InspectColor): Span {
  return style === undefined ? { text: printable(text) } : { text: printable(text), style };
}

export function line(...parts: readonly (Span | string)[]): Line {
  return parts.map((part) => (typeof part === "string" ? span(part) : part));
}

/** Most fonts of terminals draw these over two cells: East Asian scripts in full width, and emoji. */
const WIDE = /^[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹯＀-｠￠-￦\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /^[\p{M}\p{Cf}]/u;

/** In cells of a terminal. */
export function widthOf(text: string): number {
  // Nearly every text is ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

function cellsOf(character: string): number {
  return ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

export function lineWidth(parts: Line): number {
  return parts.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** At most so wide: what is cut ends in `cut`. */
export function cutText(text: string, width: number, cut: string): string {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(cut);
  if (room < 0) return "";
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += cellsOf(character);
    if (used > room) break;
    kept += character;
  }
  return kept + cut;
}

/** As `cutText`, over all spans of a line. */
export function cutLine(parts: Line, width: number, cut: string): Line {
  if (lineWidth(parts) <= width) return parts;
  const kept: Span[] = [];
  let left = width;
  for (const part of parts) {
    const used = widthOf(part.text);
    if (used > left || (used === left && kept.length < parts.length - 1)) {
      kept.push({ ...part, text: cutText(`${part.text} `.padEnd(left + 1), left, cut) });
      break;
    }
    kept.push(part);
    left -= used;
  }
  return kept;
}

/** The two ends of a line, with a gap between them; what is right goes first where there is no room. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - lineWidth(left) - lineWidth(right);
  if (!Number.isFinite(gap)) return [...left, span("  "), ...right];
  return gap < 2 ? left : [...left, span(" ".repeat(gap)), ...right];
}

export function painted(parts: Line, paint: Paint): string {
  return parts.map(({ text, style }) => (style === undefined ? text : paint(style, text))).join("");
}
