// The characters of the drawing: those of Unicode where the locale has them, else those of ASCII.

export interface Glyphs {
  readonly cut: string;
  readonly bar: readonly [full: string, empty: string];
  /** From low to high. */
  readonly levels: string;
  readonly idle: string;
  readonly arrows: string;
}

export const UNICODE: Glyphs = { cut: "…", bar: ["█", "░"], levels: "▁▂▃▄▅▆▇█", idle: "·", arrows: "←→ ↑↓" };
export const ASCII: Glyphs = { cut: "~", bar: ["#", "-"], levels: "_.-=+*#@", idle: ".", arrows: "arrows" };

/** As programs in C decide it: the first of these variables that is set. */
export function glyphsFor(environment: Readonly<Record<string, string | undefined>>, platform: string): Glyphs {
  if (platform === "win32") return UNICODE;
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return platform === "darwin" || /utf-?8/i.test(locale) ? UNICODE : ASCII;
}

/** @param share from 0 to 1 */
export function bar(share: number, width: number, [full, empty]: Glyphs["bar"]): string {
  const filled = Math.min(width, Math.max(0, Math.round(share * width)));
  return full.repeat(filled) + empty.repeat(width - filled);
}

/** One character for each value, the last on the right. */
export function sparkline(values: readonly number[], width: number, levels: string): string {
  const shown = values.slice(-width);
  const highest = Math.max(...shown, 0);
  const marks = [...levels];
  return shown
    .map(
      (value) => marks[highest === 0 ? 0 : Math.min(marks.length - 1, Math.floor((value / highest) * marks.length))]!,
    )
    .join("");
}
