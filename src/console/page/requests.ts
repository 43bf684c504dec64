// The latest and the slowest requests, each with what decided its reply: in a few words in its row, and in the words of
// `heddle explain` when somebody asks.
import type { NotedRequest, Snapshot } from "../snapshot.ts";
import { byId, bytes, clockTime, duration, element, table } from "./dom.ts";

const HEADINGS = ["Time", "Thread", "Request", "Status", "Bytes", "Took", "What decided", "Explain"];

export function prepareRequests(): void {
  // Whatever scrolls can be scrolled by the keyboard.
  for (const id of ["latest", "slowest", "why-head"]) byId(id).tabIndex = 0;
  byId("why-close").addEventListener("click", () => (byId("why") as HTMLDialogElement).close());
}

const shown = new Map<string, readonly NotedRequest[]>();

export function showRequests({ latest, slowest }: Snapshot): void {
  showIn("latest", "Latest requests", latest);
  showIn("slowest", "Slowest requests", slowest);
}

function showIn(id: string, label: string, requests: readonly NotedRequest[]): void {
  const place = byId(id);
  // Rows must not move away under a pointer, or under the button that has the focus.
  if (place.matches(":hover") || place.contains(document.activeElement?.closest("button") ?? null)) return;
  const former = shown.get(id);
  if (former !== undefined && isSame(former, requests)) return;
  shown.set(id, requests);
  if (requests.length === 0) return place.replaceChildren(element("p", "hint", "None yet."));
  place.replaceChildren(table(label, HEADINGS, requests.map(rowOf)));
}

function isSame(some: readonly NotedRequest[], others: readonly NotedRequest[]): boolean {
  const key = (list: readonly NotedRequest[]): string => JSON.stringify([list[0], list.at(-1), list.length]);
  return key(some) === key(others);
}

function rowOf(request: NotedRequest): HTMLTableRowElement {
  const { atMs, thread, connection, method, target, status, bytes: size, ms, how } = request;
  const where = connection === 0 ? `${thread}` : `${thread}, connection ${connection}`;
  return element(
    "tr",
    "",
    element("td", "", clockTime(atMs)),
    element("td", "", where),
    element("td", "target", method === "" ? "not known" : `${method} ${target}`),
    element("td", `n status s${Math.floor(status / 100)}xx`, String(status)),
    element("td", "n", size < 0 ? "–" : bytes(size)),
    element("td", "n", duration(ms)),
    element("td", "", how),
    element("td", "", ...(method === "" ? [] : [whyButton(request)])),
  );
}

function whyButton({ method, target }: NotedRequest): HTMLButtonElement {
  const button = element("button", "", "Why?");
  button.type = "button";
  button.setAttribute("aria-label", `Why this reply to ${method} ${target}?`);
  button.addEventListener("click", () => void explain(method, target));
  return button;
}

interface Explanation {
  readonly steps: readonly { readonly step: string; readonly what: string }[];
  readonly head: readonly string[];
}

async function explain(method: string, target: string): Promise<void> {
  const reply = await fetch(`/console/explain?${new URLSearchParams({ url: target, method })}`).catch(() => undefined);
  const explanation: Explanation =
    reply?.ok === true
      ? await reply.json()
      : { steps: [{ step: "none", what: (await reply?.text()) ?? "The server does not answer." }], head: [] };
  byId("why-what").textContent =
    `${method} ${target}, as the default site would answer it now, to a client that sends no more.`;
  byId("why-steps").replaceChildren(
    ...explanation.steps.flatMap(({ step, what }) => [element("dt", "", step), element("dd", "", what)]),
  );
  byId("why-head").textContent = explanation.head.join("\n");
  (byId("why") as HTMLDialogElement).showModal();
}
