// Markdown -> HTML to be shown inside a listing. Its author may be anyone who can put a file into the folder, so no
// HTML in it counts: a tag is shown as text. Only links and pictures have addresses, and each address is checked.
import MarkdownIt, { type Token } from "markdown-it";

/** Schemes that links may have, in addition to paths; no `javascript:`, no `data:`, no `file:`. */
const LINKED_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

const ELSEWHERE = "nofollow noreferrer";

/** A link that is written once and used often can make a gigabyte of a few kilobytes. */
export const HTML_LIMIT_LENGTH = 2_097_152;

const markdown = new MarkdownIt({ html: false });
const { escapeHtml } = markdown.utils;

markdown.validateLink = (url) => {
  const scheme = schemeOf(url);
  return scheme === undefined || LINKED_SCHEMES.has(scheme);
};

/** @returns HTML without scripts, styles and frames, whose headings begin with h2; undefined if it would be too much */
export function renderReadme(source: string): string | undefined {
  const tokens = markdown.parse(source, {});
  adapt(tokens);
  const html = markdown.renderer.render(tokens, markdown.options, {});
  return html.length > HTML_LIMIT_LENGTH ? undefined : html;
}

/** Fits the parsed text into a page that has a heading and a policy already. */
function adapt(tokens: readonly Token[]): void {
  const slugs = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") identify(token, textOf(tokens[index + 1]), slugs);
    if (token.type === "heading_open" || token.type === "heading_close") token.tag = lowered(token.tag);
    // Alignment in a table; the policy allows no `style`.
    const alignment = /^text-align:(\w+)$/.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (alignment !== undefined) token.attrs = [["class", alignment]];
    if (token.children) adaptInline(token.children);
  }
}

/** As code hosts make them, so that a README's table of contents works here too. */
function identify(heading: Token, text: string, slugs: Map<string, number>): void {
  const kept = text.trim().toLowerCase();
  const slug = kept.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
  const count = slugs.get(slug) ?? 0;
  slugs.set(slug, count + 1);
  if (slug !== "") heading.attrSet("id", count === 0 ? slug : `${slug}-${count}`);
}

/** The folder's name is the h1 of the page. */
function lowered(tag: string): string {
  return `h${Math.min(6, Number(tag[1]) + 1)}`;
}

function adaptInline(tokens: readonly Token[]): void {
  let isLinked = false;
  for (const token of tokens) {
    if (token.type === "link_close") isLinked = false;
    if (token.type === "link_open") {
      isLinked = true;
      if (isElsewhere(token.attrGet("href"))) token.attrSet("rel", ELSEWHERE);
    }
    if (token.type !== "image") continue;
    if (isElsewhere(token.attrGet("src"))) replacePicture(token, isLinked);
    else token.attrSet("loading", "lazy");
  }
}

/**
 * A picture of another site would tell that site about the visitor, and the policy forbids loading it: a link instead.
 */
function replacePicture(token: Token, isLinked: boolean): void {
  const label = escapeHtml(textOf(token) || "picture");
  const href = escapeHtml(String(token.attrGet("src")));
  // Addresses that are written as they are.
  token.type = "html_inline";
  token.content = isLinked ? label : `<a href="${href}" rel="${ELSEWHERE}">${label}</a>`;
}

function textOf(token: Token | undefined): string {
  return (token?.children ?? []).map((child) => (child.type === "image" ? textOf(child) : child.content)).join("");
}

/** Of another host, even if it names no scheme: "//host/", where browsers read a backslash as a slash. */
function isElsewhere(url: string | number | null): boolean {
  return typeof url === "string" && (schemeOf(url) !== undefined || /^\s*[/\\]{2}/.test(url));
}

function schemeOf(url: string): string | undefined {
  return /^\s*([a-z][a-z\d+.-]*:)/i.exec(url)?.[1]?.toLowerCase();
}
