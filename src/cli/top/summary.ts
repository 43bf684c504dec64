// The lines above every view: the server, its requests, its replies, its connections, its memory. The most important
// line first, for windows that have no room for all.
import type { InspectColor } from "node:util";
import { bar, type Glyphs, sparkline } from "./glyphs.ts";
import type { Shown } from "./history.ts";
import { type Line, line, lineWidth, span, spread } from "./text.ts";
import { age, bytes, count, duration, percent } from "./units.ts";

const NAME_WIDTH = 13;
const BAR_WIDTH = 10;
const TREND_LIMIT = 60;
const FULL_SHARE = 0.9;

/** @param width Infinity for text that nobody cuts */
export function summary(shown: Shown, glyphs: Glyphs, width: number): readonly Line[] {
  return [
    server(shown, width),
    requests(shown, glyphs, width),
    connections(shown, glyphs),
    replies(shown),
    memory(shown),
  ];
}

function server({ now: { server: facts, nowMs } }: Shown, width: number): Line {
  const { version, phase, root, mode, threadLimit, transport, startedMs } = facts;
  const threads =
    mode === "pool"
      ? `${threadLimit} ${threadLimit === 1 ? "thread" : "threads"}`
      : `a thread per connection, at most ${threadLimit}`;
  const left = line(span("heddle", "bold"), ` ${version} `, span(phase, phase === "serving" ? "green" : "yellow"));
  const right = line(`${threads}, ${transport ?? "starting"}, up ${age(nowMs - startedMs)}`);
  const room = width - lineWidth(left) - lineWidth(right) - 4;
  const where = root.length <= room ? root : endOf(root, room);
  return spread([...left, span(where === "" ? "" : ` ${where}`, "dim")], right, width);
}

/** The end of a path tells more than its beginning. */
function endOf(path: string, room: number): string {
  return room < 8 ? "" : `...${path.slice(3 - room)}`;
}

function requests({ now, rates, trend }: Shown, glyphs: Glyphs, width: number): Line {
  const rate = rates === undefined ? "" : `${count(rates.requestsPerSecond)}/s`;
  const { percentilesMs } = rates ?? {};
  const times =
    percentilesMs === undefined
      ? ""
      : `p50 ${duration(percentilesMs.p50)}  p90 ${duration(percentilesMs.p90)}  p99 ${duration(percentilesMs.p99)}`;
  const left = line(name("Requests"), span(rate.padEnd(9), "bold"), `${count(now.totals.requests)} so far`);
  const room = Math.min(TREND_LIMIT, width - lineWidth(left) - times.length - 4);
  const chart = room < 8 ? "" : sparkline(trend, room, glyphs.levels);
  return spread([...left, span(chart === "" ? "" : `  ${chart}`, "cyan")], line(times), width);
}

const STATUS_STYLES: Readonly<Record<string, InspectColor>> = {
  "2xx": "green",
  "3xx": "cyan",
  "4xx": "yellow",
  "5xx": "red",
};

function replies({ now: { totals }, rates }: Shown): Line {
  const classes = Object.entries(totals.statuses).flatMap(([status, number]) => {
    const shown = rates === undefined ? count(number) : `${count(rates.statusesPerSecond[status] ?? 0)}/s`;
    return [span(status, STATUS_STYLES[status] ?? "reset"), span(` ${shown.padEnd(7)}`)];
  });
  const sent = rates === undefined ? "" : `${bytes(rates.bytesPerSecond)}/s, `;
  return [name("Replies"), ...classes, span(`sent ${sent}${bytes(totals.sentBytes)}`)];
}

function connections(
  {
    now: {
      totals,
      server: { connectionLimit },
      waiting = 0,
    },
    rates,
  }: Shown,
  glyphs: Glyphs,
): Line {
  const share = connectionLimit > 0 ? totals.connections / connectionLimit : 0;
  const style = share > FULL_SHARE ? "red" : "green";
  const fresh = rates === undefined ? "" : `  ${count(rates.acceptedPerSecond)}/s new`;
  return line(
    name("Connections"),
    span(bar(share, BAR_WIDTH, glyphs.bar), style),
    ` ${count(totals.connections)} of ${count(connectionLimit)}${fresh}`,
    span(waiting > 0 ? `  ${count(waiting)} wait` : "", "red"),
  );
}

function memory({
  now: {
    memory: { rssBytes, heapBytes },
    cache,
    totals,
  },
}: Shown): Line {
  const found = Object.values(cache.found).reduce((sum, value) => sum + value, 0);
  const hot = found === 0 ? "" : `, ${percent((cache.found["hot"] ?? 0) / found)} hot`;
  return line(
    name("Memory"),
    `${bytes(rssBytes)} (heap ${bytes(heapBytes)})  cache ${bytes(cache.bytes + cache.encodedBytes)} of ${bytes(cache.limitBytes + cache.encodedLimitBytes)}${hot}`,
    span(totals.deaths > 0 ? `  ${totals.deaths} ${totals.deaths === 1 ? "thread" : "threads"} died` : "", "red"),
  );
}

function name(text: string): { text: string; style: InspectColor } {
  return { text: text.padEnd(NAME_WIDTH), style: "dim" };
}
