// Every connection that the threads show, the active ones first.
import type { ThreadFacts } from "../../../console/snapshot.ts";
import { type Column, table } from "../table.ts";
import { span } from "../text.ts";
import { count } from "../units.ts";
import { orderOf, wordOf } from "./activity.ts";
import type { View } from "./view.ts";

interface Row {
  readonly thread: number;
  readonly connection: ThreadFacts["shown"][number];
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "connection", rank: 0, isNumber: true, cell: ({ connection: [id] }) => span(String(id)) },
  { title: "thread", rank: 1, isNumber: true, cell: ({ thread }) => span(String(thread)) },
  { title: "protocol", rank: 2, cell: ({ connection: [, , isHttp2] }) => span(isHttp2 ? "HTTP/2" : "HTTP/1.1") },
  { title: "requests", rank: 1, isNumber: true, cell: ({ connection: [, , , requests] }) => span(count(requests)) },
  { title: "does", rank: 0, cell: ({ connection: [, activity] }) => wordOf(activity) },
];

export const connections: View = ({ now }, { cut }, width) => {
  const rows = now.threads
    .flatMap(({ thread, shown }) => shown.map((connection) => ({ thread, connection })))
    .sort(({ connection: a }, { connection: b }) => orderOf(a[1]) - orderOf(b[1]) || a[0] - b[0]);
  const hidden = now.totals.connections - rows.length;
  const note = hidden > 0 && rows.length > 0 ? { note: [span(`${count(hidden)} more are not shown`, "dim")] } : {};
  return [
    { title: "Connections", ...note, ...table(COLUMNS, rows, width, cut), empty: emptyText(now.totals.connections) },
  ];
};

function emptyText(openCount: number): string {
  return openCount === 0 ? "No connection is open." : "The threads have shown no connection yet.";
}
