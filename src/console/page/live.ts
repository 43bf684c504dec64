// The live page: takes snapshots as they come, and shows them.
import { threadRates } from "../rates.ts";
import type { Snapshot } from "../snapshot.ts";

const facts = document.getElementById("facts")!;
const lanes = document.getElementById("lanes")!;
let before: Snapshot | undefined;

// The token stays in a cookie, and not in the address bar, where others could read it over a shoulder.
if (location.search !== "") history.replaceState(null, "", location.pathname);

const events = new EventSource("/console/events");
events.onmessage = ({ data }) => show(JSON.parse(data));

function show(now: Snapshot): void {
  const { version, mode, transport, root } = now.server;
  facts.textContent = `${version}, ${mode}, ${transport ?? ""}, ${root}`;
  lanes.replaceChildren(
    ...now.threads.map((thread) => {
      const item = document.createElement("li");
      const former = before?.threads.find((one) => one.thread === thread.thread);
      const { requestsPerSecond } = threadRates(former, thread, before ? (now.nowMs - before.nowMs) / 1000 : 1);
      item.textContent = `thread ${thread.thread}: ${thread.connections} connections, ${Math.round(requestsPerSecond)} requests/s`;
      return item;
    }),
  );
  before = now;
}
