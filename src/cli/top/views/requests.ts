// The latest requests, and the slowest of the last minutes, with what decided the reply.
import type { InspectColor } from "node:util";
import type { NotedRequest } from "../../../console/recent.ts";
import { type Column, table } from "../table.ts";
import { span } from "../text.ts";
import { bytes, clock, duration } from "../units.ts";
import type { View } from "./view.ts";

const COLUMNS: readonly Column<NotedRequest>[] = [
  { title: "time", rank: 4, cell: ({ atMs }) => span(clock(atMs), "dim") },
  { title: "took", rank: 0, isNumber: true, cell: ({ ms }) => span(duration(ms)) },
  { title: "status", rank: 0, isNumber: true, cell: ({ status }) => span(String(status), statusStyle(status)) },
  { title: "size", rank: 3, isNumber: true, cell: (request) => span(request.bytes < 0 ? "" : bytes(request.bytes)) },
  { title: "thread", rank: 5, isNumber: true, cell: ({ thread }) => span(String(thread)) },
  { title: "how", rank: 2, cell: ({ how }) => span(how) },
  { title: "request", rank: 0, leastWidth: 24, cell: ({ method, target }) => span(`${method} ${target}`.trim()) },
];

export const requests: View = ({ now: { latest, slowest } }, { cut }, width) => [
  {
    title: "Latest requests",
    ...table(COLUMNS, latest, width, cut),
    empty: "No request has come while somebody looked.",
  },
  {
    title: "Slowest requests",
    ...table(COLUMNS, slowest, width, cut),
    empty: "No request has come while somebody looked.",
  },
];

function statusStyle(status: number): InspectColor {
  if (status >= 500) return "red";
  if (status >= 400) return "yellow";
  return status >= 300 ? "cyan" : "green";
}
