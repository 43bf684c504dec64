// A server as `heddle top` sees it, made of numbers that a test can find again.
import type { Shown } from "../../src/cli/top/history.ts";
import { History } from "../../src/cli/top/history.ts";
import type { Seen, SeenConnection, SeenRequest, SeenThread } from "../../src/cli/top/seen.ts";
import { snapshotOf } from "../../src/console/snapshot.ts";
import { emptyView } from "./admin-view.ts";

type Noted = Parameters<typeof snapshotOf>[1];

const ACTIVITIES = ["sending", "idle", "reading", "idle", "looking", "closing"];

export function seenThread(thread: number, connectionCount: number, requests = 0): SeenThread {
  const shown = Array.from(
    { length: connectionCount },
    (_, index): SeenConnection => [thread * 100 + index, ACTIVITIES[index % ACTIVITIES.length]!, index % 2, index],
  );
  const counts = { accepted: connectionCount, connections: connectionCount, requests, sentBytes: requests * 1000 };
  return { thread, state: "ready", silentMs: 10, busySeconds: requests / 1000, heapBytes: 14e6, ...counts, shown };
}

export function seenRequest(changes: Partial<SeenRequest> = {}): SeenRequest {
  const times = { atMs: 0, ms: 0.25 };
  return {
    thread: 1,
    ...times,
    method: "GET",
    target: "/a",
    status: 200,
    bytes: 5,
    how: "found in memory",
    ...changes,
  };
}

export function seen(nowMs: number, changes: Partial<Seen> = {}): Seen {
  const { view, noted } = { view: emptyView(), noted: { startedMs: 0, marks: [] } };
  // Samples have no part in it: tests bring theirs.
  const samples = { threads: new Map(), waitingCount: undefined };
  const whole = snapshotOf(view, { ...noted, samples, latest: [], slowest: [] } as unknown as Noted, nowMs);
  const { root: _, ...server } = whole.server;
  const { latest, slowest, refusals } = { latest: [], slowest: [], refusals: {} };
  return { ...whole, server: { root: "/srv/site", ...server }, latest, slowest, refusals, ...changes } as Seen;
}

/** Two snapshots, a second apart. */
export function shownOf(changes: Partial<Seen>, before: Partial<Seen> = {}): Shown {
  const history = new History();
  history.push(seen(1000, before));
  history.push(seen(2000, changes));
  return history.shown!;
}
