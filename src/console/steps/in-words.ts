// What the steps of a lesson say of requests, replies and plans.
import type { Plan } from "../../content/plans/plan.ts";
import { FIELD_BIT } from "../../http/fields.ts";
import type { Content, ContentStream, Reply } from "../../http/message.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Mistake } from "../../http1/events.ts";
import { REJECTIONS, type RejectionCode } from "../../http1/rejection.ts";
import type { Outcome } from "./narrator.ts";
import type { Step } from "./step.ts";

export const PLANS: Readonly<Record<Plan["kind"], string>> = {
  file: "The path leads to a file. It is opened once, and everything about it is asked by its descriptor.",
  listing: "The path leads to a folder, which is shown as a page.",
  redirect: "The path leads to another address.",
  refusal: "The path leads to nothing that may be sent.",
};

export function wordsOf(head: RequestHead, hasContent: boolean): Step["words"] {
  const host = head.authority;
  return [
    ["method", head.method],
    ["target", head.isAsterisk ? "*" : head.target],
    ["version", `HTTP/1.${head.minorVersion}`],
    ...(host === "" ? [] : ([["host", host]] as const)),
    ["field lines", String(head.lineCount)],
    ["content", hasContent ? lengthInWords(head) : "none: the request ends with its head"],
  ];
}

function lengthInWords(head: RequestHead): string {
  return head.has(FIELD_BIT["transfer-encoding"]) ? "in chunks" : `${head.field("content-length")} bytes`;
}

/** A request, or what should have been one. */
export function mistakeInWords({ rejection, mistakeAt }: Mistake): Outcome {
  const [status, what, section] = REJECTIONS[rejection.code as RejectionCode];
  return {
    outcome: `The engine refuses this: ${what} Nothing more of this client is read as a request.`,
    words: [
      ["code", rejection.code],
      ["status", String(status)],
      ["rule", section],
      ["mistake", `at byte ${mistakeAt} of what was read`],
    ],
    isRefusal: true,
  };
}

export function contentInWords(content: Content | ContentStream | undefined): string {
  if (content === undefined) return "without content";
  if (content.kind === "stream") return "with content of unknown length";
  const from = content.file === undefined ? "from memory" : "from the open file";
  return content.length === 0 ? "with empty content" : `with ${count(content.length)} of content ${from}`;
}

export function fieldsOf({ fields }: Reply): Step["words"] {
  const lines = fields.split("\r\n").filter((line) => line !== "");
  return lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
}

export function count(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
