// What is told of the way to a reply, for `heddle explain`. Decisions call one method in one line and know no words;
// explain/ implements it. Only the cold way calls these methods, so a hot reply costs nothing.
import type { DictionaryCoding } from "../content/codings/coding.ts";
import type { DigestSteps } from "../content/digests.ts";
import type { Plan, RefusalPlan } from "../content/plans/plan.ts";
import type { GuardSteps } from "../features/access/guard.ts";
import type { ResolvedBandwidth, ResolvedConcurrencyLimit } from "../features/access/limit-options.ts";
import type { Redirect, Rewrite } from "../features/routes.ts";
import type { EarlyHints } from "../http/notes.ts";

export interface Steps extends GuardSteps, DigestSteps {
  /** @param host whose site answers; undefined for the site that answers every other host */
  site(host: string | undefined): void;
  /** The health path of the server, whatever the site says. */
  health(): void;
  /** The answer depends on how many requests are answered at the same time. */
  bounded(limit: ResolvedConcurrencyLimit): void;
  /** How fast content is sent depends on how much was sent before. */
  paced(site: ResolvedBandwidth | undefined, server: ResolvedBandwidth | undefined): void;
  /** A method that is not about a file. */
  method(method: string): void;
  /** @param path as it was sent, without the query */
  path(path: string): void;
  redirected(redirect: Redirect): void;
  rewritten(rewrite: Rewrite): void;
  planned(plan: Plan, place: PlannedPlace): void;
  /** Of a path for which dictionaries may be used. */
  dictionary(outcome: DictionaryOutcome): void;
  /** Of a file for which Accept decides. */
  alternate(outcome: AlternateOutcome): void;
  /** Of a file in a site that sends early hints. */
  earlyHints(outcome: EarlyHintsOutcome): void;
  /** A path is missing in a site that has a fallback page. */
  fellBack(outcome: FallbackOutcome): void;
  /** No file was found, and a page says so. */
  refused(plan: RefusalPlan): void;
}

export interface PlannedPlace {
  /** The path that the visitor asked for, canonically written. */
  readonly asked: string;
  /** The path that is answered, canonically written. */
  readonly url: string;
  readonly folder: string;
  /** Where the folder is mounted: "" for the root. */
  readonly prefix: string;
}

/** Which dictionary was used, or why none. */
export type DictionaryOutcome =
  | {
      readonly coding: DictionaryCoding;
      readonly sizeBytes: number;
      /** The path of the dictionary, or the precompressed file. */
      readonly from: string;
    }
  | "unnamed"
  | "malformed"
  | "not-accepted"
  | "range"
  | "unreadable"
  | "not-worth"
  | "no-id"
  | "other-id"
  | "gone"
  | "other-hash"
  | "not-encoded";

/** A file that may be sent. */
export interface AlternateOffer {
  readonly path: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** How welcome it is, 0 to 1000; 0 for a type that has to be named, and is not. */
  readonly quality: number;
}

/** Which file is sent in place of the one that was asked for, or why none. */
export type AlternateOutcome =
  | { readonly kind: "sent"; readonly sent: AlternateOffer; readonly original: AlternateOffer }
  /** There are some, but the client would rather have the original, or they are no smaller. */
  | { readonly kind: "not-preferred"; readonly offers: readonly AlternateOffer[]; readonly original: AlternateOffer }
  /** The client names none of these types. */
  | { readonly kind: "unnamed"; readonly mediaTypes: readonly string[] }
  /** Nothing is there, or a rule leads away from it. */
  | { readonly kind: "missing"; readonly urls: readonly string[] }
  /** It is named as what may be made from a rival, too. Both as the opener takes them. */
  | { readonly kind: "shared"; readonly path: string; readonly rival: string }
  /** It is older than the original: it may be made from an earlier version. Both as the opener takes them. */
  | { readonly kind: "older"; readonly path: string; readonly original: string }
  /** It needs a password, and the path that was asked for does not. */
  | { readonly kind: "protected"; readonly url: string };

/**
 * Whether the fallback page answers, and why not: a rule for the path is the last that is asked, it is for navigations, it
 * needs a password, it does not exist.
 */
export type FallbackOutcome = "used" | "ruled-out" | "no-navigation" | "protected" | "missing";

/**
 * What goes ahead of a page, or why nothing: the request is no visit of a page by a browser, the browser has the page
 * already, no link of the page makes it fetch something.
 */
export type EarlyHintsOutcome = EarlyHints | "no-visit" | "conditional" | "no-links";
