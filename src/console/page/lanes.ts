// A lane for each thread, with its connections as marks. Lanes and marks are kept and changed in place, so that what has
// not changed is not drawn again. Readers of the screen get the sums as text, and not the marks.
import { type ThreadRates, threadRates } from "../rates.ts";
import type { Snapshot, ThreadFacts } from "../snapshot.ts";
import { byId, count, element, plural, setText } from "./dom.ts";

const ACTIVITIES: Readonly<Record<string, string>> = {
  greeting: "TLS handshake",
  reading: "reading",
  looking: "looking for the reply",
  sending: "sending",
  idle: "idle",
  closing: "closing",
};

/** A lane of a thread per connection stays a moment after its thread has ended. */
const ENDED_MS = 2500;
/** From so many lanes on they stand side by side. */
const MANY_COUNT = 13;
/** What the page can show of a queue. */
const WAITING_MARKS = 60;

interface Lane {
  readonly root: HTMLLIElement;
  readonly state: HTMLElement;
  readonly warp: HTMLElement;
  readonly says: HTMLElement;
  readonly busy: HTMLElement;
  /** Requests by connection, when they were shown last. */
  requests: ReadonlyMap<number, number>;
  endedAtMs: number | undefined;
}

const lanes = new Map<number, Lane>();

export function showLegend(): void {
  const items = Object.entries(ACTIVITIES).filter(([activity]) => activity !== "greeting");
  byId("legend").replaceChildren(
    ...items.map(([activity, meaning]) => element("li", "", element("span", `mark ${activity}`), meaning)),
    element("li", "", element("span", "mark h2 idle"), "square: HTTP/2"),
  );
}

export function showLanes(before: Snapshot | undefined, now: Snapshot, seconds: number): void {
  const list = byId("lanes");
  const former = new Map(before?.threads.map((thread) => [thread.thread, thread]));
  const isPool = now.server.mode === "pool";
  for (const thread of now.threads) {
    const lane = lanes.get(thread.thread) ?? newLane(thread.thread);
    lane.endedAtMs = undefined;
    showLane(lane, thread, threadRates(former.get(thread.thread), thread, seconds), isPool);
  }
  const alive = new Set(now.threads.map(({ thread }) => thread));
  for (const [number, lane] of lanes) {
    if (alive.has(number)) continue;
    lane.endedAtMs ??= now.nowMs;
    if (now.nowMs - lane.endedAtMs > ENDED_MS) forget(number, lane);
    else showEnded(lane);
  }
  list.classList.toggle("many", lanes.size >= MANY_COUNT);
  showWaiting(now.waiting ?? 0, isPool);
}

function newLane(number: number): Lane {
  const state = element("small");
  const warp = element("div", "warp");
  warp.setAttribute("aria-hidden", "true");
  const says = element("span", "says");
  const busy = element("i");
  const bar = element("span", "busy", busy);
  bar.setAttribute("aria-hidden", "true");
  const root = element(
    "li",
    "lane",
    element("span", "name", `Thread ${number} `, state),
    warp,
    element("span", "side", says, bar),
  );
  const lane = { root, state, warp, says, busy, requests: new Map<number, number>(), endedAtMs: undefined };
  lanes.set(number, lane);
  // Threads of a pool come back under their numbers.
  const next = [...lanes.keys()].filter((other) => other > number).sort((a, b) => a - b)[0];
  byId("lanes").insertBefore(root, next === undefined ? null : lanes.get(next)!.root);
  return lane;
}

function forget(number: number, lane: Lane): void {
  lane.root.remove();
  lanes.delete(number);
}

function showLane(lane: Lane, thread: ThreadFacts, rates: ThreadRates, isPool: boolean): void {
  lane.root.classList.remove("ended");
  setText(lane.state, stateOf(thread, isPool));
  setText(lane.says, says(thread, rates, isPool));
  lane.busy.style.transform = `scaleX(${rates.busyShare.toFixed(3)})`;
  showMarks(lane, thread);
}

function stateOf({ state, connections, silentMs, accepted }: ThreadFacts, isPool: boolean): string {
  if (state !== "ready") return state;
  if (silentMs > 1500) return "does not respond";
  if (isPool) return "";
  return connections > 0 ? "serves" : accepted > 0 ? "ends" : "in stock";
}

function says(
  { shown, connections }: ThreadFacts,
  { requestsPerSecond, busyShare }: ThreadRates,
  isPool: boolean,
): string {
  if (!isPool && connections === 0) return "waits for a connection";
  const doing = Object.entries(Object.groupBy(shown, ([, activity]) => activity))
    .filter(([activity]) => activity !== "idle")
    .map(([activity, some]) => `${some!.length} ${activity}`);
  const parts = [
    ...(isPool ? [plural(connections, "connection")] : []),
    ...doing,
    `${count(requestsPerSecond)}/s`,
    `${Math.round(busyShare * 100)} % busy`,
  ];
  return parts.join(" · ");
}

function showMarks(lane: Lane, { shown, connections }: ThreadFacts): void {
  const { warp } = lane;
  while (warp.childElementCount > shown.length) warp.lastElementChild!.remove();
  while (warp.childElementCount < shown.length) warp.append(element("span", "mark"));
  const requests = new Map<number, number>();
  shown.forEach(([id, activity, isHttp2, requestCount], index) => {
    const former = lane.requests.get(id);
    const beats = activity === "idle" && requestCount > (former ?? 0) ? " beats" : "";
    const className = `mark ${activity}${isHttp2 === 1 ? " h2" : ""}${beats}`;
    const mark = warp.children[index] as HTMLElement;
    if (mark.className !== className) mark.className = className;
    const title = `connection ${id}: ${ACTIVITIES[activity]}, ${isHttp2 === 1 ? "HTTP/2" : "HTTP/1.1"}, ${plural(requestCount, "request")}`;
    if (mark.title !== title) mark.title = title;
    requests.set(id, requestCount);
  });
  const hidden = connections - shown.length;
  warp.title = shown.length > 0 && hidden > 0 ? `and ${plural(hidden, "more connection")}` : "";
  lane.requests = requests;
}

function showEnded(lane: Lane): void {
  lane.root.classList.add("ended");
  setText(lane.state, "ended");
  setText(lane.says, "");
  lane.busy.style.transform = "scaleX(0)";
  lane.warp.replaceChildren();
}

function showWaiting(waiting: number, isPool: boolean): void {
  const line = byId("waiting");
  line.hidden = waiting === 0;
  if (waiting === 0) return;
  const marks = Array.from({ length: Math.min(waiting, WAITING_MARKS) }, () => element("span", "mark waits"));
  const where = isPool ? "to be accepted" : "for a thread";
  line.replaceChildren(...marks, ` ${plural(waiting, "connection waits", "connections wait")} ${where}`);
}
