// Early hints (RFC 8297): the links of a page that make a browser fetch something go ahead of the page, as 103. They leave
// as soon as the page is found. So a browser begins with them while it waits for the page, or for its first bytes.
import type { FilePlan } from "../content/plans/plan.ts";
import { FIELD_BIT } from "../http/fields.ts";
import { parseLinks } from "../http/link.ts";
import type { Request } from "../http/message.ts";
import type { EarlyHints } from "../http/notes.ts";
import type { EarlyHintsOutcome, Steps } from "./steps.ts";

/** The relations that browsers act on before the page comes (HTML Standard, "Link types": processed as early hints). */
const EARLY_RELATIONS: ReadonlySet<string> = new Set(["dns-prefetch", "modulepreload", "preconnect", "preload"]);

/** A part of a page belongs to what the browser has of it. */
const CONDITIONAL = FIELD_BIT["if-none-match"] | FIELD_BIT["if-modified-since"] | FIELD_BIT.range;

const LINK_LINE = /^Link:(.*)$/gim;

export class EarlyHinting {
  readonly #toHttp1: boolean;
  readonly #steps: Steps | undefined;
  readonly #hints = new WeakMap<FilePlan, EarlyHints | "no-links">();

  constructor(to: "http2" | "all", steps: Steps | undefined) {
    this.#toHttp1 = to === "all";
    this.#steps = steps;
  }

  /** The request is about to be answered with this file. */
  note(plan: FilePlan, request: Request): void {
    const outcome = reasonAgainst(request) ?? this.#hintsOf(plan);
    if (typeof outcome !== "string") request.notes.earlyHints = outcome;
    this.#steps?.earlyHints(outcome);
  }

  #hintsOf(plan: FilePlan): EarlyHints | "no-links" {
    const known = this.#hints.get(plan);
    if (known !== undefined) return known;
    const hints = hintsAmong(plan.fields, this.#toHttp1);
    this.#hints.set(plan, hints);
    return hints;
  }
}

/**
 * RFC 8297 §3: some clients take 103 for the reply. Browsers do not, and say of themselves that they are visiting a page
 * (Fetch Metadata). In frames, they ignore hints.
 */
function reasonAgainst(request: Request): Exclude<EarlyHintsOutcome, EarlyHints | "no-links"> | undefined {
  const isVisit =
    request.method === "GET" &&
    request.has(FIELD_BIT["sec-fetch-mode"]) &&
    request.field("sec-fetch-mode") === "navigate" &&
    request.field("sec-fetch-dest") === "document";
  if (!isVisit) return "no-visit";
  // The browser has the page already, and mostly gets 304.
  return request.has(CONDITIONAL) ? "conditional" : undefined;
}

function hintsAmong(fields: string, toHttp1: boolean): EarlyHints | "no-links" {
  const links = Array.from(fields.matchAll(LINK_LINE), ([, value]) => parseLinks(value!)).flat();
  const early = links.filter(({ rel }) => rel.some((relation) => EARLY_RELATIONS.has(relation)));
  if (early.length === 0) return "no-links";
  return { fields: `Link: ${early.map(({ text }) => text).join(", ")}\r\n`, toHttp1 };
}
