// The two state machines of a connection as pictures: boxes and arrows are the tables of http1/state.ts, and only the places
// of the boxes are here. A state that the tables get needs a place, or this does not compile.
import type { Transitions } from "../../http/state-machine.ts";
import { PEER_TRANSITIONS, type PeerState, SELF_TRANSITIONS, type SelfState } from "../../http1/state.ts";
import { byId, setText } from "./dom.ts";

/** The middle of a box: column and row. */
type Places<State extends string> = Readonly<Record<State, readonly [column: 0 | 1, row: number]>>;

const PEER_PLACES: Places<PeerState> = {
  idle: [0, 0],
  head: [0, 1],
  content: [0, 2],
  done: [0, 3],
  refused: [1, 2],
  closed: [1, 3],
};

const SELF_PLACES: Places<SelfState> = {
  idle: [0, 0],
  owed: [0, 1],
  content: [0, 2],
  done: [0, 3],
  lingering: [1, 3],
};

const WIDTH = 320;
const BOX = { width: 84, height: 30 };
const ROW_HEIGHT = 74;
const TOP = 24;
const COLUMNS = [104, 246] as const;
const SVG = "http://www.w3.org/2000/svg";

interface Machine {
  readonly id: string;
  /** Who moves by it. */
  readonly who: string;
  readonly table: Transitions<string, string>;
  readonly places: Places<string>;
}

const PEER: Machine = { id: "peer", who: "The client’s side", table: PEER_TRANSITIONS, places: PEER_PLACES };
const SELF: Machine = { id: "self", who: "The server’s side", table: SELF_TRANSITIONS, places: SELF_PLACES };

export interface Shown {
  readonly before: { readonly peer: string; readonly self: string };
  readonly after: { readonly peer: string; readonly self: string };
  readonly moves: { readonly peer: readonly string[]; readonly self: readonly string[] };
}

export function prepareDiagrams(): void {
  for (const machine of [PEER, SELF]) byId(machine.id).replaceChildren(draw(machine));
}

/** Lights up where both sides are, and the way that they have come. */
export function showStates({ before, after, moves }: Shown): void {
  light(PEER, before.peer, after.peer, moves.peer);
  light(SELF, before.self, after.self, moves.self);
}

/** "The client’s side goes from “idle” by begin to “head”." */
export function wayInWords({ before, after, moves }: Shown): string {
  return `${way(PEER, before.peer, after.peer, moves.peer)} ${way(SELF, before.self, after.self, moves.self)}`;
}

function way({ who, table }: Machine, before: string, after: string, moves: readonly string[]): string {
  if (moves.length === 0) return `${who} stays at “${after}”.`;
  let at = before;
  const parts = moves.map((step) => {
    at = rowOf(table, at)[step]!;
    return `by ${step} to “${at}”`;
  });
  return `${who} goes from “${before}” ${parts.join(", ")}.`;
}

function light({ id, who, table }: Machine, before: string, after: string, moves: readonly string[]): void {
  const picture = byId(id);
  const arrows = new Set<string>();
  let at = before;
  for (const step of moves) {
    const to = rowOf(table, at)[step]!;
    arrows.add(`${at} ${to}`);
    at = to;
  }
  for (const box of picture.querySelectorAll<SVGElement>("[data-state]")) {
    const { state } = box.dataset;
    box.classList.toggle("now", state === after);
    box.classList.toggle("was", state === before && before !== after);
  }
  for (const arrow of picture.querySelectorAll<SVGElement>("[data-arrow]")) {
    const isTaken = arrow.classList.toggle("taken", arrows.has(arrow.dataset["arrow"]!));
    arrow.querySelector("path")!.setAttribute("marker-end", `url(#${tipOf(id, isTaken)})`);
  }
  setText(picture.querySelector("title")!, `${who} is at “${after}”`);
}

function rowOf(table: Transitions<string, string>, state: string): Readonly<Record<string, string>> {
  return table[state] as Readonly<Record<string, string>>;
}

function draw({ id, who, table, places }: Machine): SVGElement {
  const states = Object.keys(table);
  const height = TOP + 3 * ROW_HEIGHT + BOX.height;
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": `${id}-title` });
  const title = make("title", { id: `${id}-title` });
  title.textContent = who;
  const arrows = states.flatMap((from) =>
    arrowsFrom(from, table).map(([to, by]) => arrow({ id, from, to, by, places })),
  );
  svg.append(title, tip(id, false), tip(id, true), ...arrows, ...states.map((state) => box(state, places[state]!)));
  return svg;
}

/** The head of an arrow; a marker cannot take the colour of its line in every browser. */
function tip(id: string, isTaken: boolean): SVGElement {
  const made = make("marker", {
    id: tipOf(id, isTaken),
    viewBox: "0 0 8 8",
    refX: 7,
    refY: 4,
    markerWidth: 10,
    markerHeight: 10,
    markerUnits: "userSpaceOnUse",
    orient: "auto",
  });
  made.append(make("path", { d: "M0 0 8 4 0 8z", class: isTaken ? "tip taken" : "tip" }));
  return made;
}

function tipOf(id: string, isTaken: boolean): string {
  return isTaken ? `${id}-tip-taken` : `${id}-tip`;
}

/** Where to, and by which steps: several may lead to one state. */
function arrowsFrom(from: string, table: Transitions<string, string>): [to: string, by: string][] {
  const steps = new Map<string, string[]>();
  for (const [step, to] of Object.entries(rowOf(table, from))) steps.set(to, [...(steps.get(to) ?? []), step]);
  return [...steps].map(([to, by]) => [to, by.join(", ")]);
}

function box(state: string, [column, row]: readonly [0 | 1, number]): SVGElement {
  const group = make("g", { class: "state", "data-state": state });
  const [x, y] = [COLUMNS[column], TOP + row * ROW_HEIGHT];
  const { width, height } = BOX;
  group.append(
    make("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 8 }),
    label(x, y + 5, state, "middle"),
  );
  return group;
}

interface Arrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly places: Places<string>;
}

function arrow({ id, from, to, by, places }: Arrow): SVGElement {
  const group = make("g", { class: "arrow", "data-arrow": `${from} ${to}` });
  const { path, text } = lineOf(places[from]!, places[to]!);
  group.append(
    make("path", { d: path, "marker-end": `url(#${id}-tip)` }),
    label(...text, by, text[0] < COLUMNS[0] ? "end" : "start"),
  );
  return group;
}

type Place = readonly [column: 0 | 1, row: number];

/** Down the column, back up on its left, to itself on its right, and over to the other column. */
function lineOf([column, row]: Place, [toColumn, toRow]: Place): { path: string; text: [number, number] } {
  const [x, y] = [COLUMNS[column], TOP + row * ROW_HEIGHT];
  const [toX, toY] = [COLUMNS[toColumn], TOP + toRow * ROW_HEIGHT];
  const [halfWidth, halfHeight] = [BOX.width / 2, BOX.height / 2];
  if (column !== toColumn) {
    // From the top far down: round the outside, so that no box is crossed.
    if (toRow - row > 1) {
      const outside = toX + halfWidth + 12;
      const path = `M${x + halfWidth} ${y} H${outside - 24} Q${outside} ${y} ${outside} ${y + 24} V${toY - 20} Q${outside} ${toY} ${toX + halfWidth + 2} ${toY}`;
      return { path, text: [x + halfWidth + 10, y - 6] };
    }
    const isLevel = row === toRow;
    const slope = isLevel ? 0 : -4;
    return {
      path: `M${x + halfWidth} ${y + (isLevel ? 0 : 6)} L${toX - halfWidth - 2} ${toY - (isLevel ? 0 : 6)}`,
      text: [(x + toX) / 2 - (isLevel ? 16 : 2), (y + toY) / 2 - 6 + slope],
    };
  }
  if (row === toRow) {
    const edge = x + halfWidth;
    return {
      path: `M${edge} ${y - 8} C${edge + 34} ${y - 22} ${edge + 34} ${y + 22} ${edge + 2} ${y + 8}`,
      text: [edge + 30, y + 4],
    };
  }
  if (toRow > row)
    return { path: `M${x} ${y + halfHeight} V${toY - halfHeight - 2}`, text: [x + 7, (y + toY) / 2 + 4] };
  const outside = x - halfWidth - 20;
  const path = `M${x - halfWidth} ${y} Q${outside} ${y} ${outside} ${y - 24} V${toY + 24} Q${outside} ${toY} ${x - halfWidth - 2} ${toY}`;
  return { path, text: [outside - 5, (y + toY) / 2 + 4] };
}

function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end"): SVGElement {
  const made = make("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
