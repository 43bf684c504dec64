// What decided a reply, in words, for `heddle explain`: each step of the way, as site/steps.ts names them. Nothing here
// decides anything.
import { type DigestField, type DigestOutcome, PART_LIMIT_BYTES } from "../content/digests.ts";
import { errorReply } from "../content/error-page.ts";
import type { FilePlan, Plan, RefusalPlan } from "../content/plans/plan.ts";
import { canonicalPath, PATH_REFUSALS, resolvePath, writePath } from "../content/resolve.ts";
import type {
  ResolvedBandwidth,
  ResolvedConcurrencyLimit,
  ResolvedRateLimit,
} from "../features/access/limit-options.ts";
import { hasFingerprint } from "../features/fields/fingerprint.ts";
import { type HeaderRule, rulesFor } from "../features/fields/header-rules.ts";
import { allHeaderRules } from "../features/fields/option-rules.ts";
import { isConfigFile, isSiteFile } from "../features/private-files.ts";
import type { Redirect, Rewrite } from "../features/routes.ts";
import type { Peer } from "../http/message.ts";
import type { ResolvedHostSite, ResolvedSite } from "../options/resolved-options.ts";
import type {
  AlternateOffer,
  AlternateOutcome,
  DictionaryOutcome,
  EarlyHintsOutcome,
  FallbackOutcome,
  PlannedPlace,
  Steps,
} from "../site/steps.ts";

/** @param step "path", "rewrite", "folder", "file" … */
export type Say = (step: string, what: string) => void;

/** Who asks, as a trusted proxy says. */
export function describeClient({ address, scheme, host, proxy }: Peer): string {
  const through = proxy === "" ? "the local socket" : proxy;
  return `${address} by ${scheme}${host === undefined ? "" : `, for ${host}`}, as the proxy at ${through} says (trustedProxies)`;
}

export class StepsInWords implements Steps {
  readonly #sites: readonly Pick<ResolvedHostSite, "host" | "site">[];
  readonly #say: Say;
  /** The site that answers. */
  #site: ResolvedSite;

  /** @param site that answers for every host that is not among `sites` */
  constructor(site: ResolvedSite, sites: readonly Pick<ResolvedHostSite, "host" | "site">[], say: Say) {
    this.#site = site;
    this.#sites = sites;
    this.#say = say;
  }

  site(host: string | undefined): void {
    this.#site = this.#sites.find((other) => other.host === host)?.site ?? this.#site;
    this.#say("site", host ?? "the default: sites has no entry for this host");
  }

  addressRefused(address: string): void {
    this.#say("guard", `${address} may not come in (allow, deny)`);
  }

  addressMissing(rule: "allow-deny" | "maintenance"): void {
    const names = rule === "maintenance" ? "maintenance lets" : "allow and deny let";
    this.#say("guard", `${names} it pass, because it comes from no address`);
  }

  clientRefused(subject: string | undefined): void {
    const who = subject ?? "a client without a certificate";
    this.#say("guard", `${who} may not come in (allowClients)`);
  }

  rateLimited(site: ResolvedRateLimit | undefined, server: ResolvedRateLimit | undefined): void {
    if (site !== undefined) this.#say("guard", `429 for more than ${describeRate(site)} (rateLimit)`);
    if (server !== undefined)
      this.#say("guard", `429 for more than ${describeRate(server)}, over all sites (serverRateLimit)`);
  }

  bounded({ requestCount, dryRun }: ResolvedConcurrencyLimit): void {
    const outcome = dryRun ? "would be 503, if it were not a dry run," : "503";
    this.#say("guard", `${outcome} for more than ${requestCount} requests at the same time (concurrencyLimit)`);
  }

  paced(site: ResolvedBandwidth | undefined, server: ResolvedBandwidth | undefined): void {
    if (site !== undefined) this.#say("pace", `${describeBandwidth(site)} (bandwidth)`);
    if (server !== undefined) this.#say("pace", `${describeBandwidth(server)}, over all sites (serverBandwidth)`);
  }

  closed(): void {
    this.#say("guard", "the site is closed (maintenance)");
  }

  preflightAnswered(): void {
    this.#say("guard", "answered a CORS preflight (cors)");
  }

  passwordWanted(): void {
    this.#say("guard", "this path needs a password, and the request did not have the right one (auth)");
  }

  health(): void {
    this.#say("health", "the path at which the server says whether it is ready (healthPath)");
  }

  method(method: string): void {
    this.#say("method", `${method} is not about a file`);
  }

  path(path: string): void {
    this.#say("path", describePath(path));
  }

  redirected({ status, location, from }: Redirect): void {
    this.#say("redirect", `${status} to ${location} (from ${from})`);
  }

  rewritten({ to, from, onlyMissing }: Rewrite): void {
    this.#say("rewrite", `${to} (from ${from}${onlyMissing ? ", only for missing paths" : ""})`);
  }

  planned(plan: Plan, { asked, url, folder, prefix }: PlannedPlace): void {
    const { securityHeaders, hsts, noVarySearch, cors } = this.#site;
    this.#say("folder", prefix === "" ? folder : `${folder} (mounted at ${prefix})`);
    const file = plan.kind === "file" ? prefix + writePath(plan.path, false) : undefined;
    const rules = rulesFor(allHeaderRules(this.#site), url, file, asked);
    if (securityHeaders) this.#say("fields", "protective headers (securityHeaders)");
    if (hsts !== undefined) this.#say("fields", "Strict-Transport-Security (hsts)");
    if (noVarySearch !== undefined && file !== undefined) this.#say("fields", "No-Vary-Search (noVarySearch)");
    if (cors !== undefined) this.#say("fields", "headers that let other origins read it (cors)");
    for (const rule of rules) this.#say("fields", `${Object.keys(rule.set).join(", ")} (for ${rule.for})`);
    switch (plan.kind) {
      case "listing":
        return this.#say("listing", `of ${plan.path === "" ? "the root" : plan.path}`);
      case "redirect":
        return this.#say("redirect", `${plan.status} to ${plan.location}`);
      case "refusal":
        return this.#say("file", describeRefusal(plan, url, this.#site));
      case "file":
        return describeFile(plan, rules, url, this.#say);
      default:
        plan satisfies never;
    }
  }

  dictionary(outcome: DictionaryOutcome): void {
    if (typeof outcome === "string") return this.#say("dictionary", NO_DICTIONARY[outcome]);
    const { coding, sizeBytes, from } = outcome;
    this.#say("dictionary", `${coding} (${sizeBytes} bytes), by ${from}`);
  }

  alternate(outcome: AlternateOutcome): void {
    switch (outcome.kind) {
      case "sent":
        return this.#say("alternate", whySent(outcome.sent, outcome.original));
      case "not-preferred":
        for (const offer of outcome.offers) this.#say("alternate", whyNotSent(offer, outcome.original));
        return;
      case "unnamed":
        return this.#say("alternate", `none: the request does not name ${outcome.mediaTypes.join(" or ")} (Accept)`);
      case "missing":
        return this.#say("alternate", `not ${outcome.urls.join(" or ")}: not there, or a rule leads elsewhere`);
      case "shared":
        return this.#say("alternate", `not ${outcome.path}: it may be made from ${outcome.rival}`);
      case "older":
        return this.#say("alternate", `not ${outcome.path}: it is older than ${outcome.original}`);
      case "protected":
        return this.#say("alternate", `not ${outcome.url}: it needs a password, and this path does not (auth)`);
      default:
        outcome satisfies never;
    }
  }

  digest(field: DigestField, outcome: DigestOutcome): void {
    if (typeof outcome === "string") return this.#say("digest", `no ${field}: ${NO_DIGEST[outcome]}`);
    const { coding, sizeBytes } = outcome;
    this.#say("digest", `${field}: of ${sizeBytes} bytes${coding === "identity" ? "" : `, coded as ${coding}`}`);
  }

  earlyHints(outcome: EarlyHintsOutcome): void {
    if (typeof outcome === "string") return this.#say("hints", NO_HINTS[outcome]);
    const to = outcome.toHttp1 ? "" : ", by HTTP/2 only";
    this.#say("hints", `103 with ${outcome.fields.trimEnd()} (earlyHints${to})`);
  }

  fellBack(outcome: FallbackOutcome): void {
    const { fallback } = this.#site;
    if (outcome === "missing") return this.#say("fallback", "there is no such page");
    if (outcome === "no-navigation") {
      const navigation = "Sec-Fetch-Mode: navigate, or text/html in Accept";
      return this.#say("fallback", `not ${fallback}, which only navigations get: ${navigation}`);
    }
    if (outcome === "ruled-out") {
      return this.#say("fallback", `not ${fallback}: a rule for this path stands before that of the fallback page`);
    }
    this.#say("fallback", `${fallback} (a navigation)`);
    if (outcome === "used") return;
    this.#say("fallback", "not used: the fallback page needs a password, and this path does not");
  }

  refused({ status, page }: RefusalPlan): void {
    const isOwn = page.reply === errorReply(status);
    this.#say("page", isOwn ? "the server's own" : `the site's own for ${status} (errorPages)`);
  }
}

/** Why no dictionary was used. */
const NO_DICTIONARY: Readonly<Record<Extract<DictionaryOutcome, string>, string>> = {
  unnamed: "none: the request names none (Available-Dictionary)",
  malformed: "none: Available-Dictionary is not the SHA-256 of one, as :base64:",
  "not-accepted": "none: the request does not prefer dcb or dcz to other codings (Accept-Encoding)",
  range: "none: a part of the file is asked for (Range)",
  unreadable: "none: another origin asks, whose scripts may not read the reply (cors)",
  "not-worth": "none: the file is too small, too large, or has just been changed",
  "no-id": "none: the request does not say which file it is (Dictionary-ID)",
  "other-id": "none: Dictionary-ID is not the name of another version of this file",
  gone: "none: the file that Dictionary-ID names is not there any more, or is no dictionary (keepPreviousSeconds)",
  "other-hash": "none: the file that Dictionary-ID names has another content by now",
  "not-encoded": "none: nothing could be encoded, or not in time, or it would be no smaller",
};

function whySent(sent: AlternateOffer, original: AlternateOffer): string {
  if (sent.quality > original.quality) return `${describeOffer(sent)}, more welcome than ${original.path} (Accept)`;
  const isSmaller = sent.sizeBytes < original.sizeBytes;
  return `${describeOffer(sent)}, as welcome as ${original.path}${isSmaller ? ", and smaller" : ""} (Accept)`;
}

function whyNotSent(offer: AlternateOffer, original: AlternateOffer): string {
  const not = `not ${describeOffer(offer)}: `;
  if (offer.quality === 0) return `${not}the request does not name it (Accept)`;
  if (offer.quality < original.quality) return `${not}less welcome than ${original.path} (Accept)`;
  return `${not}as welcome as ${original.path}, and no smaller (Accept)`;
}

function describeOffer({ path, sizeBytes, mediaType }: AlternateOffer): string {
  return `${path} (${sizeBytes} bytes, ${mediaType})`;
}

/** Why a digest is not sent. */
const NO_DIGEST: Readonly<Record<Extract<DigestOutcome, string>, string>> = {
  "not-acceptable": "the request does not name sha-256 with a preference of 1 to 10",
  "no-representation": "the reply has nothing of a file, or it is decoded while it is sent",
  unknown: "the file is hashed for later requests, or has just been changed",
  "too-long": `a part of more than ${PART_LIMIT_BYTES} bytes, or several of a large file, are not hashed for one request`,
  ruled: "a header rule has set it (headers)",
};

/** Why nothing goes ahead of a file. */
const NO_HINTS: Readonly<Record<Extract<EarlyHintsOutcome, string>, string>> = {
  "no-visit": "none: only browsers get them that visit a page (Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: document)",
  conditional: "none: the browser has the page, and asks only whether it has changed",
  "no-links": "none: no Link field of the page says preload, modulepreload, preconnect or dns-prefetch (headers)",
};

/** "10 requests a second from one client (50 at once)". */
function describeRate({ client, total, dryRun }: ResolvedRateLimit): string {
  const of = (spec: ResolvedRateLimit["client"], who: string): string[] =>
    spec === undefined ? [] : [`${spec.perSecond} requests a second from ${who} (${spec.burst} at once)`];
  const limits = [...of(client, "one client"), ...of(total, "all clients")].join(", or ");
  return dryRun ? `${limits}, if it were not only tried out` : limits;
}

/** "at most 1000 bytes a second to one client". */
function describeBandwidth({ client, total }: ResolvedBandwidth): string {
  const of = (spec: ResolvedBandwidth["client"], who: string): string[] =>
    spec === undefined ? [] : [`at most ${spec.perSecond} bytes a second to ${who}`];
  return [...of(client, "one client"), ...of(total, "all clients")].join(", and ");
}

/** The path as it is looked for, or why it is not. @param path as it was sent, without the query */
function describePath(path: string): string {
  const resolved = resolvePath(path);
  if (resolved.kind === "path") return canonicalPath(path)!;
  const [status, why] = PATH_REFUSALS[resolved.code];
  return `${path} (${status === 404 ? "hidden" : "refused"}: ${why[0]!.toLowerCase()}${why.slice(1, -1)})`;
}

/** Why there is no file, as far as the path tells. */
function describeRefusal({ status }: RefusalPlan, url: string, { listing, siteFiles }: ResolvedSite): string {
  if (status !== 404) return `cannot be served: ${status}`;
  if (isConfigFile(url.slice(1))) return "not found: it configures the server, and is hidden";
  if (siteFiles !== "none" && isSiteFile(url.slice(1))) {
    return "not found: it configures the site, and is hidden (siteFiles)";
  }
  if (!url.endsWith("/")) return "not found";
  return listing
    ? "not found: there is no such folder"
    : "not found: there is no index.html, and folders are not listed (listing)";
}

function describeFile(plan: FilePlan, rules: readonly HeaderRule[], url: string, say: Say): void {
  say("file", `${plan.path} (${plan.sizeBytes} bytes, ${plan.mediaType})`);
  if (plan.decoded !== undefined)
    say("codings", `${plan.coding}, as the file is; decoded for clients that do not accept it`);
  if (plan.hasSidecars) {
    const codings = plan.coded.map(({ coding, sizeBytes }) => `${coding} (${sizeBytes} bytes)`);
    say("codings", ["identity", ...codings].join(", "));
    for (const { path, stat, isMalformed } of plan.surroundings.sidecars) {
      if (isMalformed) say("codings", `not ${path}: its first bytes are not those of a file in this coding`);
      if (stat.mtimeNs < plan.stat.mtimeNs) say("codings", `not ${path}: it is older than ${plan.path}`);
    }
  }
  const { cacheControl, dictionary } = plan.policy;
  if (dictionary?.use !== undefined) say("dictionary", `for later versions: ${dictionary.use} (dictionaries)`);
  const isSet = rules.some(({ set }) => Object.keys(set).some((name) => name.toLowerCase() === "cache-control"));
  const isImmutable = cacheControl.includes("immutable") && hasFingerprint(url.slice(1));
  say("caching", isSet ? "by a header rule" : `${cacheControl}${isImmutable ? " (by its name)" : ""}`);
}
