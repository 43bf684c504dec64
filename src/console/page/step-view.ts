// One step on the page: what it is, what has happened, the calls, the bytes, what was decided, and where one can read on.
import { STEP_FACTS } from "../steps/facts.ts";
import type { ShownBytes, Step } from "../steps/step.ts";
import { bytesFrom, dump, scrolling, visible } from "./bytes-view.ts";
import { showStates, wayInWords } from "./diagram.ts";
import { byId, count, duration, element, plural, setText } from "./dom.ts";

/** Screen readers hear the title, the outcome and the states; the rest waits until somebody goes there. */
export function showStep(step: Step): void {
  const { title, why } = STEP_FACTS[step.name];
  const request = step.request === 0 ? "" : ` (request ${step.request})`;
  setText(byId("step-title"), `${step.number}. ${title}${request}`);
  setText(byId("outcome"), step.outcome);
  setText(byId("way"), wayInWords(step));
  setText(byId("step-why"), why);
  byId("calls").replaceChildren(callsOf(step));
  setText(byId("deadline"), deadlineOf(step));
  byId("step-bytes").replaceChildren(...(step.bytes === undefined ? [] : bytesOf(step.bytes)));
  byId("words").replaceChildren(
    ...step.words.flatMap(([name, what]) => [element("dt", "", name), element("dd", "", what)]),
  );
  byId("decided").hidden = step.words.length === 0;
  byId("sources").replaceChildren(...sourcesOf(step));
  showStates(step);
  byId("step").hidden = false;
}

/** A learner is slow, and is not given up. */
function deadlineOf({ deadlineMs }: Step): string {
  if (deadlineMs === undefined) return "";
  return `A thread that serves would wait ${duration(deadlineMs)} for this client from here. Yours waits for you.`;
}

function callsOf({ calls }: Step): HTMLElement {
  if (calls.length === 0) return element("p", "hint", "No system call: only memory is touched.");
  const lines = calls.map(({ text, result }) => (result === "" ? text : `${text} ${result}`));
  return scrolling("System calls", lines.join("\n"));
}

function bytesOf({ direction, length, first }: ShownBytes): HTMLElement[] {
  const bytes = bytesFrom(first);
  const isAll = bytes.length === length;
  const heading = `${plural(length, "byte")} ${direction === "in" ? "came in" : "left"}${isAll ? "" : `, of which these are the first ${count(bytes.length)}`}`;
  const details = element(
    "details",
    "",
    element("summary", "", "The same bytes as numbers"),
    scrolling("Bytes as numbers", dump(bytes)),
  );
  return [element("h4", "", heading), scrolling("Bytes as text", visible(bytes)), details];
}

function sourcesOf({ name }: Step): HTMLElement[] {
  const { sections, places, station } = STEP_FACTS[name];
  return [
    element("dt", "", "Specified by"),
    element("dd", "", ...commas(sections.map(([section, about]) => sectionOf(section, about)))),
    element("dt", "", "Done by"),
    element(
      "dd",
      "",
      ...commas(places.map(([of, file]) => [element("code", "", of), " in ", element("code", "", file)])),
    ),
    element("dt", "", "More"),
    element("dd", "", `station ${station} of “One request, from socket() to close()”`),
  ];
}

/** "RFC 9112 §2.2" leads to that section. */
function sectionOf(section: string, about: string): (Node | string)[] {
  const [, number, part] = /^RFC (\d+) §([\d.]+)$/.exec(section)!;
  const link = element("a", "", section);
  link.href = `https://www.rfc-editor.org/rfc/rfc${number}#section-${part}`;
  link.target = "_blank";
  link.rel = "noreferrer";
  return [link, ` (${about})`];
}

function commas(groups: readonly (readonly (Node | string)[])[]): (Node | string)[] {
  return groups.flatMap((group, index) => (index === 0 ? group : [", ", ...group]));
}
