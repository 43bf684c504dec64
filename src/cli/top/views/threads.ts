// A lane for each thread: what it does, and its connections as marks.
import type { InspectColor } from "node:util";
import { type ThreadRates, threadRates } from "../../../console/rates.ts";
import type { ThreadFacts } from "../../../console/snapshot.ts";
import { bar } from "../glyphs.ts";
import { type Column, table } from "../table.ts";
import { span } from "../text.ts";
import { bytes, count, percent } from "../units.ts";
import { legend, markOf } from "./activity.ts";
import type { View } from "./view.ts";

interface Row extends ThreadFacts {
  readonly rates: ThreadRates | undefined;
}

const BAR_WIDTH = 8;
const BUSY_SHARE = 0.9;

/** An event loop usually turns several times a second. */
const SILENT_MS = 1500;

export const threads: View = ({ now, before }, glyphs, width) => {
  const seconds = before === undefined ? 0 : Math.max(1, now.nowMs - before.nowMs) / 1000;
  const formerly = new Map(before?.threads.map((thread) => [thread.thread, thread]));
  const rows = now.threads.map((thread): Row => {
    const former = formerly.get(thread.thread);
    return { ...thread, rates: seconds > 0 ? threadRates(former, thread, seconds) : undefined };
  });
  const columns: Column<Row>[] = [
    { title: "thread", rank: 0, isNumber: true, cell: ({ thread }) => span(String(thread)) },
    { title: "state", rank: 3, cell: (row) => span(...stateOf(row)) },
    { title: "conns", rank: 0, isNumber: true, cell: ({ connections }) => span(String(connections)) },
    { title: "req/s", rank: 0, isNumber: true, cell: ({ rates }) => span(rates ? count(rates.requestsPerSecond) : "") },
    {
      title: "busy",
      rank: 1,
      isNumber: true,
      cell: ({ rates }) => span(rates ? percent(rates.busyShare) : "", busyStyle(rates)),
    },
    {
      title: "",
      rank: 6,
      cell: ({ rates }) => span(rates ? bar(rates.busyShare, BAR_WIDTH, glyphs.bar) : "", busyStyle(rates)),
    },
    { title: "heap", rank: 4, isNumber: true, cell: ({ heapBytes }) => span(bytes(heapBytes)) },
    { title: "sent", rank: 5, isNumber: true, cell: ({ sentBytes }) => span(bytes(sentBytes)) },
    {
      title: "connections",
      rank: 2,
      cell: ({ shown, connections }) => {
        const marks = shown.map(([, activity]) => markOf(activity, glyphs));
        const more = connections - shown.length;
        return shown.length > 0 && more > 0 ? [...marks, span(` +${more}`, "dim")] : marks;
      },
    },
  ];
  return [
    {
      title: "Threads",
      note: legend(glyphs),
      ...table(columns, rows, width, glyphs.cut),
      empty: now.server.mode === "pool" ? "No thread has started yet." : "No connection, so no thread is at work.",
    },
  ];
};

function stateOf({ state, silentMs }: Row): [text: string, style: InspectColor] {
  if (state === "ready" && silentMs > SILENT_MS) return [`silent ${Math.round(silentMs / 1000)} s`, "red"];
  return [state, state === "ready" ? "green" : "yellow"];
}

function busyStyle(rates: ThreadRates | undefined): InspectColor {
  return rates !== undefined && rates.busyShare >= BUSY_SHARE ? "red" : "reset";
}
