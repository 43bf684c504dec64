// Translates paths and targets of Cloudflare's `_headers` and `_redirects` to those of features/patterns/pattern.ts. What
// Cloudflare does was tried with wrangler 4 and @cloudflare/pages-shared: `*` is `:splat`; a placeholder is a colon and a
// name that begins with a letter, anywhere in a segment, and takes as much of it as it can. Placeholders are replaced as
// text, one after the other, so that behind `/:y` the text `:year` is the group `y` and "ear".
import { pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";
import { checkPattern, encode, literal } from "./paths.ts";

export interface CloudflarePath {
  /** As Cloudflare compares it: dot segments resolved, percent-encoded, without a query. */
  readonly path: string;
  readonly pattern: string;
  /** Names, in the order in which they stand in the path. */
  readonly groups: readonly string[];
  /** The path as a template of its own: what matched, filled in, is the path that matched. */
  readonly itself: string;
  /** Whether a query or a fragment stood behind the path. */
  readonly hasMore: boolean;
}

interface Piece {
  readonly kind: "text" | "name" | "star";
  /** The text, or the name. */
  readonly text: string;
}

/** @throws {Unhonoured} for a path that Cloudflare ignores, and for one that no request can have here */
export function cloudflarePath(source: string): CloudflarePath {
  const { pathname: path, search, hash } = addressOf(source);
  const pieces = piecesOf(path);
  const groups = pieces.filter(({ kind }) => kind !== "text").map(({ text }) => text);
  const twice = groups.find((group, index) => groups.indexOf(group) !== index);
  if (twice === "splat") throw new Unhonoured("ignored, as by Cloudflare: a path can have only one * or :splat");
  if (twice !== undefined)
    throw new Unhonoured(
      `ignored, as by Cloudflare: the path has :${twice} twice, perhaps as the beginning of a longer name`,
    );
  refuseUnservable(path);
  const pattern = pieces.map((piece, index) => patternOf(piece, pieces, index)).join("");
  return { path, pattern: checkPattern(pattern), groups, itself: itselfOf(pieces), hasMore: search + hash !== "" };
}

/**
 * The target of a rule: as Cloudflare reads it, and as a template of `fillTarget`.
 * @throws {Unhonoured} for a target that Cloudflare refuses
 */
export function cloudflareTarget(word: string, groups: readonly string[]): { to: string; template: string } {
  const [, host, below = ""] = /^https:\/\/+([^/]+)\/?(.*)/.exec(word) ?? [];
  if (host === undefined && !word.startsWith("/"))
    throw new Unhonoured("found no target, wanted a path that begins with a slash, or an https:// address");
  const { pathname, search, hash } = addressOf(host === undefined ? word : below);
  // As browsers read an address.
  const path = `${pathname.replaceAll("\\", "/")}${search}${hash}`;
  if (host !== undefined) return { to: `https://${host}${path}`, template: addressTemplate(host, path, groups) };
  // "//host/path" is an address for browsers and for Cloudflare.
  const [, otherHost, rest = ""] = /^\/{2,}([^/?#]+)(.*)$/.exec(path) ?? [];
  if (otherHost === undefined) return { to: path, template: filling(path, groups) };
  if (groups.some((group) => otherHost.includes(`:${group}`)))
    throw new Unhonoured("behind two slashes, browsers read a host, which a visitor could choose here");
  return { to: path, template: addressTemplate(otherHost, rest, groups) };
}

/** Dot segments resolved, and percent-encoded as in requests; a path without its slash gets one. */
function addressOf(text: string): URL {
  return new URL(`path://host${text.startsWith("/") ? "" : "/"}${text}`);
}

/** Cloudflare compares paths as they are sent; here these have no resource. */
function refuseUnservable(path: string): void {
  if (path.includes("//")) throw new Unhonoured("never used: a path with two slashes side by side is 404 here");
  if (/\\|%5c|%2f/i.test(path)) throw new Unhonoured("never used: no path here has a backslash or an encoded slash");
}

function piecesOf(path: string): readonly Piece[] {
  const texts = path.split("*");
  const pieces = texts.flatMap((text, index): Piece[] =>
    index === 0 ? [textPiece(text)] : [{ kind: "star", text: "splat" }, textPiece(text)],
  );
  return cutOut(
    pieces,
    [...path.matchAll(/:([A-Za-z]\w*)/g)].map(([, name = ""]) => name),
  );
}

/** Makes each `:name` in the text a group, also where it begins a longer name, as a replacement of text does. */
function cutOut(pieces: readonly Piece[], names: readonly string[]): readonly Piece[] {
  let cut = pieces;
  for (const name of new Set(names)) {
    cut = cut.flatMap((piece): readonly Piece[] => {
      if (piece.kind !== "text") return [piece];
      const texts = piece.text.split(`:${name}`);
      return texts.flatMap((text, index) =>
        index === 0 ? [textPiece(text)] : [{ kind: "name", text: name }, textPiece(text)],
      );
    });
  }
  return cut.filter(({ kind, text }) => kind !== "text" || text !== "");
}

function itselfOf(pieces: readonly Piece[]): string {
  return templateOf(pieces, (text) => pathPattern(`/${literal(text)}`).exact!.slice(1));
}

function textPiece(text: string): Piece {
  return { kind: "text", text };
}

function patternOf({ kind, text }: Piece, pieces: readonly Piece[], index: number): string {
  const [before, after] = [pieces[index - 1], pieces[index + 1]];
  switch (kind) {
    case "text":
      return literal(text);
    case "star":
      // Behind a group, URLPattern would read a bare star as "any number of it".
      return before?.kind === "name" ? "{*}" : "*";
    case "name": {
      const isAlone = isFromSlash(pieces.slice(0, index)) && isToSlash(pieces.slice(index + 1));
      // A name may hold a dollar sign there.
      const isEnded = after?.kind !== "text" || !after.text.startsWith("$");
      // URLPattern takes as little as it can, unless it is told.
      return isAlone && isEnded ? `:${text}` : `:${text}([^\\/]+)`;
    }
    default:
      return kind satisfies never;
  }
}

/** Whether no other group stands before it in its segment. */
function isFromSlash(before: readonly Piece[]): boolean {
  const last = before.at(-1);
  return last?.kind === "text" && last.text.includes("/");
}

function isToSlash(after: readonly Piece[]): boolean {
  const [next] = after;
  return next === undefined || (next.kind === "text" && (next.text.includes("/") || after.length === 1));
}

/** A template for an address, as browsers write it. The host may have placeholders, and is then left as it stands. */
function addressTemplate(host: string, path: string, groups: readonly string[]): string {
  const address = `https://${host}${path.startsWith("/") ? path : `/${path}`}`;
  if (groups.some((group) => host.includes(`:${group}`))) return filling(address, groups);
  const url = URL.parse(address);
  if (url === null) throw new Unhonoured(`found the host ${host}, which no address can have`);
  return filling(url.href, groups);
}

/** `:name` of the groups, in their order and as text is replaced; everything else as it stands. */
function filling(text: string, groups: readonly string[]): string {
  return templateOf(cutOut([textPiece(text)], groups), encode);
}

function templateOf(pieces: readonly Piece[], write: (text: string) => string): string {
  return pieces
    .map(({ kind, text }, index) => {
      // `fillTarget` reads a star as a group.
      if (kind === "text") return write(text).replaceAll("*", "%2A");
      const after = pieces[index + 1];
      return after?.kind === "text" && /^\w/.test(after.text) ? `{:${text}}` : `:${text}`;
    })
    .join("");
}
