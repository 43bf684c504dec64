// A server as `heddle top` sees it, made of numbers that a test can find again.
import { History, type Shown } from "../../src/cli/top/history.ts";
import type { NotedRequest } from "../../src/console/recent.ts";
import { type Snapshot, snapshotOf, type ThreadFacts } from "../../src/console/snapshot.ts";
import { emptyView } from "./admin-view.ts";

type Connection = ThreadFacts["shown"][number];

const ACTIVITIES = ["sending", "idle", "reading", "idle", "looking", "closing"] as const;

export function seenThread(thread: number, connectionCount: number, requests = 0): ThreadFacts {
  const shown = Array.from(
    { length: connectionCount },
    (_, index): Connection => [
      thread * 100 + index,
      ACTIVITIES[index % ACTIVITIES.length]!,
      index % 2 === 0 ? 0 : 1,
      index,
    ],
  );
  const counts = { accepted: connectionCount, connections: connectionCount, requests, sentBytes: requests * 1000 };
  return { thread, state: "ready", silentMs: 10, busySeconds: requests / 1000, heapBytes: 14e6, ...counts, shown };
}

export function seenRequest(changes: Partial<NotedRequest> = {}): NotedRequest {
  const times = { atMs: 0, ms: 0.25 };
  const reply = { status: 200, bytes: 5, how: "found in memory" };
  return { thread: 1, connection: 1, ...times, method: "GET", target: "/a", ...reply, ...changes };
}

function seen(nowMs: number, changes: Partial<Snapshot>): Snapshot {
  const view = emptyView();
  const whole = snapshotOf(view, { startedMs: 0, marks: [], samples: view.samples, latest: [], slowest: [] }, nowMs);
  return { ...whole, server: { ...whole.server, root: "/srv/site" }, ...changes };
}

/** Two snapshots, a second apart. */
export function shownOf(changes: Partial<Snapshot>, before: Partial<Snapshot> = {}): Shown {
  const history = new History();
  history.push(seen(1000, before));
  history.push(seen(2000, changes));
  return history.shown!;
}
