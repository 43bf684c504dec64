// What connections do, as a mark, a colour and a word.
import type { InspectColor } from "node:util";
import type { Glyphs } from "../glyphs.ts";
import { type Line, type Span, span } from "../text.ts";

interface Look {
  readonly mark: string;
  readonly style: InspectColor;
}

/** In the order of a connection's life. */
const LOOKS: Readonly<Record<string, Look>> = {
  greeting: { mark: "g", style: "magenta" },
  reading: { mark: "r", style: "cyan" },
  looking: { mark: "l", style: "yellow" },
  sending: { mark: "s", style: "green" },
  idle: { mark: "", style: "dim" },
  closing: { mark: "c", style: "red" },
};
/** A newer server may know more. */
const UNKNOWN: Look = { mark: "?", style: "white" };

export function markOf(activity: string, { idle }: Glyphs): Span {
  const { mark, style } = lookOf(activity);
  return { text: mark || idle, style };
}

export function wordOf(activity: string): Span {
  return span(activity, lookOf(activity).style);
}

/** Connections that do something come first. */
export function orderOf(activity: string): number {
  if (activity === "idle") return 2;
  return activity === "closing" ? 1 : 0;
}

export function legend(glyphs: Glyphs): Line {
  return Object.keys(LOOKS).flatMap((activity) => [markOf(activity, glyphs), { text: ` ${activity}  ` }]);
}

function lookOf(activity: string): Look {
  return Object.hasOwn(LOOKS, activity) ? LOOKS[activity]! : UNKNOWN;
}
