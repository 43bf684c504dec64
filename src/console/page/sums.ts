// What is told in numbers: the tiles at the top, refusals, caches and memory, and what has happened.
import type { Rates } from "../rates.ts";
import type { Snapshot } from "../snapshot.ts";
import { byId, bytes, clockTime, count, duration, element, setText, table } from "./dom.ts";

type Pairs = readonly (readonly [name: string, value: string])[];

export function showSums(now: Snapshot, rates: Rates | undefined): void {
  const { version, mode, transport, threadLimit, root } = now.server;
  const threads = mode === "pool" ? `a pool of ${threadLimit}` : `a thread per connection, at most ${threadLimit}`;
  setText(byId("facts"), `${version} · ${threads} · ${transport ?? "no"} transport · ${root}`);
  const percentiles = rates?.percentilesMs;
  showPairs(byId("tiles"), tilesOf(now, rates, percentiles), true);
  showPairs(byId("cache"), cacheOf(now), false);
  showRefusals(now);
  showMarks(now);
}

function tilesOf(now: Snapshot, rates: Rates | undefined, percentiles: Rates["percentilesMs"]): Pairs {
  const { connections, requests, sentBytes } = now.totals;
  return [
    ["Requests per second", rates === undefined ? "–" : count(rates.requestsPerSecond)],
    ["Sent per second", rates === undefined ? "–" : bytes(rates.bytesPerSecond)],
    ["99 % answered within", percentiles === undefined ? "–" : duration(percentiles.p99)],
    ["Connections", count(connections)],
    ["Requests so far", count(requests)],
    ["Sent so far", bytes(sentBytes)],
  ];
}

function cacheOf({ cache, memory, totals }: Snapshot): Pairs {
  const { found } = cache;
  const all = Object.values(found).reduce((sum, value) => sum + value, 0);
  const share = all === 0 ? "–" : `${((100 * (found["hot"] ?? 0)) / all).toFixed(1)} %`;
  return [
    ["Files in memory", `${bytes(cache.bytes)} of ${bytes(cache.limitBytes)}`],
    ["Compressed in memory", `${bytes(cache.encodedBytes)} of ${bytes(cache.encodedLimitBytes)}`],
    ["Found without asking the disk", share],
    ["Files kept open", count(cache.openFiles)],
    ["Made room for others", count(cache.evicted)],
    ["JavaScript of all threads", bytes(memory.heapBytes)],
    ["The whole process", bytes(memory.rssBytes)],
    ["Threads started", count(totals.startedThreads)],
    ["Threads that died", count(totals.deaths)],
  ];
}

/** @param isBoxed whether each pair has a box of its own */
function showPairs(list: HTMLElement, pairs: Pairs, isBoxed: boolean): void {
  if (list.childElementCount === 0) {
    for (const [name] of pairs) {
      const pair = [element("dt", "", name), element("dd")];
      list.append(...(isBoxed ? [element("div", "", ...pair)] : pair));
    }
  }
  const values = list.querySelectorAll("dd");
  for (const [index, [, value]] of pairs.entries()) setText(values[index]!, value);
}

function showRefusals({ refusals }: Snapshot): void {
  const entries = Object.entries(refusals).sort(([, a], [, b]) => b - a);
  const place = byId("refusals");
  if (entries.length === 0) return setText(place, "Nothing was refused.");
  const rows = entries.map(([code, times]) =>
    element("tr", "", element("td", "", element("code", "", code)), element("td", "n", count(times))),
  );
  place.replaceChildren(table("Refused requests, connections and handshakes by code", ["Code", "Count"], rows));
}

let newest: number | undefined;

function showMarks({ marks, server }: Snapshot): void {
  const last = marks.at(-1)?.atMs ?? 0;
  if (newest === last) return;
  newest = last;
  const items = [...marks].reverse().map(({ atMs, kind, text }) => {
    const isBad = kind === "thread-stopped" || kind === "reload-failed" || kind === "warning";
    const time = element("time", "", clockTime(atMs));
    return element("li", isBad ? "bad" : "", time, ` ${text}`);
  });
  const began = element("li", "", element("time", "", clockTime(server.startedMs)), " the server started");
  byId("marks").replaceChildren(element("ol", "", ...items, began));
}
