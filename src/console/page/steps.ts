// The page of the step mode: opens a port with a thread of its own, lets the learner go on, and shows what the thread tells.
// What the client of the page sends and gets is on the left, what the server does on the right.
import { STEP_FACTS } from "../steps/facts.ts";
import type { Step, Told } from "../steps/step.ts";
import { bytesFrom, visible } from "./bytes-view.ts";
import { prepareDiagrams, showStates } from "./diagram.ts";
import { byId, element, plural, setText } from "./dom.ts";
import { bytesOf, PRESETS } from "./presets.ts";
import { showStep } from "./step-view.ts";

/** Shown while a session is open. */
const PARTS = ["lesson", "go"];
/** Of what the client sends or gets at once: a person reads the beginning. */
const SHOWN_BYTES = 2048;

let session = "";
let events: EventSource | undefined;
let steps: Step[] = [];
/** Parts of the preset that are not sent yet. */
let parts: readonly string[] = [];

// The cookie has the token now; in the address bar others could read it over a shoulder.
if (location.search !== "") history.replaceState(null, "", location.pathname);

/** @returns whether the server has done it; otherwise the page says why not */
async function post(act: string, more: Readonly<Record<string, string>> = {}): Promise<Response | undefined> {
  const query = new URLSearchParams({ ...(session !== "" && { session }), ...more });
  const reply = await fetch(`/console/steps/${act}?${query}`, { method: "POST" }).catch(() => undefined);
  if (reply?.ok === true) return reply;
  setText(byId("said"), (await reply?.text()) ?? "The server does not answer.");
  return undefined;
}

async function open(): Promise<void> {
  // What a former session still tells is about nothing that is here.
  events?.close();
  if (session !== "") await post("end");
  over("A thread begins.");
  const reply = await post("open");
  if (reply === undefined) return;
  ({ session } = await reply.json());
  begin();
  events = new EventSource(`/console/steps/events?session=${session}`);
  events.onmessage = ({ data }) => take(JSON.parse(data));
  events.onerror = () => {
    if (events?.readyState === EventSource.CLOSED) over("The server does not know this session any more.");
  };
}

function begin(): void {
  steps = [];
  for (const id of ["history", "conversation"]) byId(id).replaceChildren();
  byId("step").hidden = true;
  for (const id of PARTS) byId(id).hidden = false;
  setText(byId("open"), "Begin anew");
}

function take(told: Told): void {
  switch (told.kind) {
    case "open":
      return showPort(told);
    case "step":
      return addStep(told);
    case "waits":
      return showWait(told);
    case "client":
      return showClient(told);
    case "ended":
      return over(`This is over: ${told.why}.`);
    default:
      told satisfies never;
  }
}

function showPort({ port, transport }: Told & { readonly kind: "open" }): void {
  const url = `http://127.0.0.1:${port}/`;
  setText(byId("port"), `curl -v ${url}`);
  setText(
    byId("transport"),
    transport === "kernel" ? "system calls from TypeScript" : "node:net, so that libuv makes the calls",
  );
  byId("place").hidden = false;
}

function addStep(step: Step): void {
  steps.push(step);
  const button = element("button", "", `${step.number}. ${STEP_FACTS[step.name].title}`);
  button.type = "button";
  button.addEventListener("click", () => look(step));
  byId("history").append(element("li", "", button));
  look(step);
  if (document.activeElement?.parentElement === byId("go")) lookAtStep();
}

function look(step: Step): void {
  showStep(step);
  for (const [index, button] of byId("history").querySelectorAll("button").entries()) {
    if (index + 1 === step.number) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
}

function showWait({ for: whom, next }: Told & { readonly kind: "waits" }): void {
  const { will } = STEP_FACTS[next];
  const isOurs = whom === "learner";
  enable(byId("next"), isOurs);
  setText(byId("said"), isOurs ? `Next: ${will}.` : (WAITS[next] ?? "Waits for the client."));
}

const WAITS: Partial<Record<Step["name"], string>> = {
  accept: "Waits for a client: send a request below, or come with curl or a browser.",
  bytes: "Waits for the client: nothing has come that could be read. Send more, or end the client's half.",
};

function showClient({ did, bytes }: Told & { readonly kind: "client" }): void {
  const item = element(
    "li",
    did,
    element("b", "", did === "sends" ? "sends" : "gets"),
    element("pre", "", partOf(bytes)),
  );
  const list = byId("conversation");
  list.append(item);
  list.scrollTop = item.offsetTop - list.offsetTop;
}

function partOf(base64: string | undefined): string {
  if (base64 === undefined) return "(the end)";
  const bytes = bytesFrom(base64);
  const left = bytes.length - SHOWN_BYTES;
  return `${visible(bytes.subarray(0, SHOWN_BYTES))}${left > 0 ? `\n… and ${plural(left, "byte")} more` : ""}`;
}

function over(why: string): void {
  events?.close();
  events = undefined;
  session = "";
  byId("place").hidden = true;
  for (const id of PARTS) byId(id).hidden = true;
  setText(byId("said"), why);
  setText(byId("open"), "Open a port");
}

/** A button that has the focus keeps it, also while it can do nothing. */
function enable(button: HTMLElement, isEnabled: boolean): void {
  button.setAttribute("aria-disabled", String(!isEnabled));
}

async function next(): Promise<void> {
  const button = byId("next");
  if (button.getAttribute("aria-disabled") === "true") return;
  enable(button, false);
  await post("next");
}

/** On a small screen the step may be far from the button. */
function lookAtStep(): void {
  const { top, bottom } = byId("step").getBoundingClientRect();
  if (bottom < 0 || top > innerHeight / 2) byId("step").scrollIntoView();
}

async function send(): Promise<void> {
  const box = byId("request") as HTMLTextAreaElement;
  const bytes = bytesOf(box.value);
  const base64 = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  if ((await post("send", { bytes: base64 })) === undefined) return;
  const [part, ...others] = parts;
  parts = others;
  if (part !== undefined) box.value = part;
}

function choose(): void {
  const preset = PRESETS[(byId("preset") as HTMLSelectElement).selectedIndex]!;
  const [first, ...others] = preset.parts;
  parts = others;
  (byId("request") as HTMLTextAreaElement).value = first!;
  setText(byId("about"), preset.about);
}

byId("preset").append(...PRESETS.map(({ name }) => element("option", "", name)));
byId("preset").addEventListener("change", choose);
byId("open").addEventListener("click", () => void open());
byId("next").addEventListener("click", () => void next());
byId("run").addEventListener("click", () => void post("run"));
byId("send").addEventListener("click", () => void send());
byId("finish").addEventListener("click", () => void post("finish"));
// A list that the keyboard can scroll.
byId("conversation").tabIndex = 0;
choose();
prepareDiagrams();
showStates({
  before: { peer: "idle", self: "idle" },
  after: { peer: "idle", self: "idle" },
  moves: { peer: [], self: [] },
});
