// What a terminal of some size shows: the summary, the names of the views, one view, the keys. Pure: a snapshot and a size
// come in, lines go out, never more than fit.
import type { Glyphs } from "./glyphs.ts";
import type { Shown } from "./history.ts";
import { summary } from "./summary.ts";
import { cutLine, type Line, line, type Span, span } from "./text.ts";
import type { Part } from "./views/view.ts";
import { VIEW_NAMES, VIEWS, type ViewName } from "./views/views.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Choice {
  readonly view: ViewName;
  /** Rows of the view that stand above the window. */
  readonly scroll: number;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
  /** Why nothing new comes. */
  readonly problem: string | undefined;
}

/** A window of so few rows shows only summary and view. */
const LEAST_ROWS = 8;

export interface Drawn {
  readonly lines: readonly Line[];
  /** The rows of the view that are above the window: `scroll`, unless the view has fewer. */
  readonly scroll: number;
}

export function screen(shown: Shown, choice: Choice, glyphs: Glyphs, { columns, rows }: Size): Drawn {
  const isSmall = rows < LEAST_ROWS;
  // A third of the window, and all five lines from 15 rows on.
  const head = summary(shown, glyphs, columns).slice(0, Math.max(1, Math.floor(rows / 3)));
  const above = isSmall ? head : [...head, tabs(choice)];
  const below = isSmall ? [] : [footer(choice, glyphs)];
  const room = Math.max(0, rows - above.length - below.length);
  const windows = choice.isHelp
    ? [helpWindow(glyphs)]
    : layout(VIEWS[choice.view](shown, glyphs, columns), room, choice.scroll);
  const body = windows.flatMap((one) => one.lines);
  const filled = [...body, ...new Array<Line>(Math.max(0, room - body.length)).fill([])].slice(0, room);
  const lines = [...above, ...filled, ...below].slice(0, rows).map((one) => cutLine(one, columns, glyphs.cut));
  return { lines, scroll: Math.max(...windows.map(({ scroll }) => scroll)) };
}

/** Everything at once, for a file or another program: the summary, and each view in full. */
export function plain(shown: Shown, glyphs: Glyphs): readonly Line[] {
  const parts = VIEW_NAMES.flatMap((name) => VIEWS[name](shown, glyphs, Number.POSITIVE_INFINITY));
  const views = parts.flatMap((part) => [[], ...window(part, part.rows.length + TITLE_ROWS + 1, 0).lines]);
  return [...summary(shown, glyphs, Number.POSITIVE_INFINITY), ...views];
}

function tabs({ view, isPaused }: Choice): Line {
  const names = VIEW_NAMES.flatMap((name, index) => {
    const text = `${index + 1} ${name}`;
    return [name === view ? span(`[${text}]`, "inverse") : span(` ${text} `, "dim"), span(" ")];
  });
  return isPaused ? [...names, span(" paused ", "yellow")] : names;
}

function footer({ isPaused, problem }: Choice, { arrows }: Glyphs): Line {
  if (problem !== undefined) return line(span(problem, "red"));
  const key = (name: string, meaning: string): Span[] => [span(name, "bold"), span(` ${meaning}   `)];
  return [
    ...key("q", "quit"),
    ...key("Tab", "view"),
    ...key(arrows, "view, scroll"),
    ...key("p", isPaused ? "go on" : "pause"),
    ...key("?", "help"),
  ];
}

/** Two lines above the rows: title, heading. */
const TITLE_ROWS = 2;

/** A part that is smaller says nothing: the first one gets its room. */
const LEAST_PART_ROWS = 5;

/** Each part gets its share of the room, and what others do not need. */
function layout(all: readonly Part[], room: number, scroll: number): readonly Drawn[] {
  const parts = all.slice(0, Math.max(1, Math.floor(room / LEAST_PART_ROWS)));
  let left = room;
  return parts.map((part, index) => {
    const later = parts.slice(index + 1);
    const needed = later.reduce((sum, { rows }) => sum + Math.max(1, rows.length) + TITLE_ROWS, 0);
    const share = Math.max(Math.floor(left / (later.length + 1)), left - needed);
    const drawn = window(part, share, scroll);
    left -= drawn.lines.length;
    return drawn;
  });
}

/** One part in so many lines. The title says which rows are shown where they are not all. */
function window({ title, note = [], heading, rows, empty }: Part, room: number, scroll: number): Drawn {
  const space = Math.max(0, room - TITLE_ROWS);
  const start = Math.min(scroll, Math.max(0, rows.length - space));
  const kept = rows.slice(start, start + space);
  const range =
    kept.length === rows.length || kept.length === 0 ? "" : ` ${start + 1} to ${start + kept.length} of ${rows.length}`;
  const top = line(span(title, "bold"), span(range, "dim"), "   ", ...note);
  const lines = rows.length === 0 ? [top, line(span(empty, "dim"))] : [top, heading, ...kept];
  return { lines: lines.slice(0, Math.max(0, room)), scroll: start };
}

function helpWindow({ arrows }: Glyphs): Drawn {
  const keys: readonly [string, string][] = [
    ["q, Ctrl+C", "quit"],
    ["Tab, 1 to 4", "the next view, a view by its number"],
    [arrows, "views, and rows of the view; page up and down, Home, End"],
    ["p, space", "pause: the screen stands still, the server goes on"],
    ["?", "this help"],
  ];
  const lines = [
    [],
    ...keys.map(([key, meaning]) => line(span(key.padEnd(14), "bold"), meaning)),
    [],
    line("Rates are those of the last two seconds."),
    line("hot: the share of paths that were found in memory, without a look at the disk."),
    line("busy: the share of the time in which a thread did not wait."),
    line("More: heddle help console"),
  ];
  return { lines, scroll: 0 };
}
