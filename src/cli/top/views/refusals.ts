// Requests that were refused, by code, and the marks in time: reloads, threads that died, warnings.
import type { InspectColor } from "node:util";
import type { Mark } from "../../../console/marks.ts";
import { type Column, table } from "../table.ts";
import { span } from "../text.ts";
import { clock, count } from "../units.ts";
import type { View } from "./view.ts";

const REFUSALS: readonly Column<readonly [code: string, count: number]>[] = [
  { title: "count", rank: 0, isNumber: true, cell: ([, number]) => span(count(number)) },
  { title: "code", rank: 0, cell: ([code]) => span(code, "yellow") },
];

const STYLES: Readonly<Record<Mark["kind"], InspectColor>> = {
  reload: "green",
  "reload-failed": "red",
  "thread-stopped": "red",
  notice: "cyan",
  warning: "yellow",
};

const MARKS: readonly Column<Mark>[] = [
  { title: "time", rank: 0, cell: ({ atMs }) => span(clock(atMs), "dim") },
  { title: "event", rank: 1, cell: ({ kind }) => span(kind, STYLES[kind]) },
  { title: "", rank: 0, cell: ({ text }) => span(text) },
];

export const refusals: View = ({ now: { refusals: byCode, marks } }, { cut }, width) => {
  const rows = Object.entries(byCode).sort(([, a], [, b]) => b - a);
  return [
    {
      title: "Refusals",
      note: [span("heddle help errors explains the codes", "dim")],
      ...table(REFUSALS, rows, width, cut),
      empty: "Nothing was refused.",
    },
    {
      title: "Events",
      ...table(MARKS, [...marks].reverse(), width, cut),
      empty: "Nothing has happened: no reload, no thread that died, no warning.",
    },
  ];
};
