// The live page: takes snapshots as they come, and shows them, unless it is paused or nobody can see it.
import { ratesBetween } from "../rates.ts";
import type { Snapshot } from "../snapshot.ts";
import { prepareCharts, showCharts } from "./charts.ts";
import { byId, setText } from "./dom.ts";
import { showLanes, showLegend } from "./lanes.ts";
import { prepareRequests, showRequests } from "./requests.ts";
import { showSums } from "./sums.ts";

/** How many snapshots a busy share is taken over: threads write theirs once a second. */
const LANE_STEPS = 4;

let before: Snapshot | undefined;
/** The last of this server, the oldest first. */
let former: Snapshot[] = [];
let events: EventSource | undefined;
let isPaused = false;

// The cookie has the token now; in the address bar others could read it over a shoulder.
if (location.search !== "") history.replaceState(null, "", location.pathname);

function show(now: Snapshot): void {
  // After a restart the counts begin anew.
  if (before?.server.startedMs !== now.server.startedMs) before = undefined;
  if (before === undefined) former = [];
  const rates = before && ratesBetween(before, now);
  const oldest = former[0];
  const seconds = oldest === undefined ? 1 : (now.nowMs - oldest.nowMs) / 1000;
  before = now;
  former = [...former, now].slice(-LANE_STEPS);
  showSums(now, rates);
  showLanes(oldest, now, seconds);
  if (rates !== undefined) showCharts(now, rates);
  showRequests(now);
}

function connect(): void {
  events = new EventSource("/console/events");
  events.onopen = () => say("Live", "live");
  events.onerror = () => say("No connection, trying again", "lost");
  events.onmessage = ({ data }) => show(JSON.parse(data));
}

function disconnect(): void {
  events?.close();
  events = undefined;
  // What happens meanwhile would be one long step.
  before = undefined;
}

function say(text: string, className: string): void {
  const link = byId("link");
  setText(link, text);
  link.className = className;
}

function follow(): void {
  const isWanted = !isPaused && document.visibilityState === "visible";
  if (isWanted && events === undefined) connect();
  if (!isWanted) disconnect();
}

byId("pause").addEventListener("click", ({ currentTarget }) => {
  isPaused = !isPaused;
  (currentTarget as HTMLElement).setAttribute("aria-pressed", String(isPaused));
  follow();
  if (isPaused) say("Paused", "");
});
// A page that nobody sees costs the server nothing.
document.addEventListener("visibilitychange", follow);
showLegend();
prepareCharts();
prepareRequests();
follow();
