// The style of a listing, and the only script of its page, the filter. Both are part of the page, so that a listing
// needs no other file, and the policy allows exactly these bytes.
import { createHash } from "node:crypto";

// The dyes of the sample site. A system font, and boxes drawn by borders: nothing is loaded.
export const STYLE: string = `
:root { color-scheme: light dark; --ground: #f1f2ee; --sheet: #fafaf7; --ink: #171b38; --quiet: #545972;
  --line: #c9ccd0; --indigo: #33468f; --madder: #b3341f; --weld: #dda11c }
@media (prefers-color-scheme: dark) { :root { --ground: #10132a; --sheet: #171b38; --ink: #ecebe2; --quiet: #a9aec9;
  --line: #353b62; --indigo: #8ea2ff; --madder: #ff8b76; --weld: #f0bd45 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
  text-size-adjust: 100% }
body::before { content: ""; display: block; height: .5rem; background:
  repeating-linear-gradient(90deg, var(--ground) 0 2px, transparent 2px 8px),
  linear-gradient(90deg, var(--weld) 0 8%, var(--indigo) 8% 64%, var(--madder) 64% 72%, var(--indigo) 72%) }
main { max-width: 60rem; margin: 0 auto; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) 3rem }
a { color: var(--indigo); text-decoration-thickness: 1px; text-underline-offset: .18em }
a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 3px solid var(--madder); outline-offset: 2px }
nav ol { display: flex; flex-wrap: wrap; gap: .1rem .5rem; margin: 0; padding: 0; list-style: none }
nav li { overflow-wrap: anywhere }
nav li + li::before { content: "/"; margin-right: .5rem; color: var(--quiet) }
nav a { display: inline-block; padding-block: .3rem }
h1 { margin: .4rem 0 0; font-size: clamp(1.7rem, 1.2rem + 2.2vw, 2.6rem); font-weight: 500; line-height: 1.15;
  letter-spacing: -.02em; overflow-wrap: anywhere }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.4rem; margin: 1.1rem 0 .9rem }
.tools p { margin: 0; color: var(--quiet) }
.tools label { margin-left: auto }
.tools [hidden] { display: none }
input { width: 12rem; max-width: 100%; margin-left: .5rem; padding: .35rem .6rem; border: 1px solid var(--quiet);
  border-radius: 0; background: var(--sheet); color: inherit; font: inherit }
.list { width: 100%; table-layout: fixed; border-collapse: collapse }
.list th, .list td { padding: .45rem 0 .45rem 1.2rem; border-bottom: 1px solid var(--line); font-weight: 400;
  text-align: right; vertical-align: top; white-space: nowrap; font-variant-numeric: tabular-nums }
.list td { color: var(--quiet) }
.list th:nth-child(2) { width: 7rem }
.list th:nth-child(3) { width: 11.5rem }
.list th:first-child { padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere }
.list tbody th:first-child { position: relative; padding-left: 1.9rem }
.list tbody th::before { content: ""; position: absolute; left: .2rem; top: .72rem; width: .75rem; height: .95rem;
  border: 1.5px solid var(--quiet); border-radius: 1px }
.list .folder th::before { left: 0; top: .9rem; width: 1.15rem; height: .78rem; border: 0; background: var(--weld) }
.list .folder th::after { content: ""; position: absolute; left: 0; top: .74rem; width: .55rem; height: .3rem;
  border-radius: 1px 2px 0 0; background: var(--weld) }
.list .picture th:first-child { padding-left: 3.4rem }
.list .picture th, .list .picture td { height: 3.4rem; vertical-align: middle }
.list .picture th::before { content: none }
.list img { position: absolute; left: 0; top: .3rem; width: 2.75rem; height: 2.75rem; object-fit: cover;
  background: var(--sheet) }
.list tbody a { text-decoration: none }
.list tbody a:hover { text-decoration: underline }
.list tbody tr:hover { background: var(--sheet) }
.list thead th { border-bottom: 3px double var(--quiet); color: var(--quiet); font-size: .9rem }
.list thead a { color: inherit; text-decoration: none }
.list thead a:hover { text-decoration: underline }
.list [aria-sort] a { color: var(--ink); font-weight: 600 }
.list [aria-sort] a::after { content: ""; display: inline-block; margin-left: .4em; border: .3em solid transparent;
  border-top-width: 0; border-bottom: .45em solid; vertical-align: .1em }
.list [aria-sort=descending] a::after { rotate: 180deg }
.pages { display: flex; gap: 1.5rem; margin-top: 1rem }
.readme { margin-top: 2.5rem; padding: .25rem clamp(1rem, 3vw, 2rem) 1rem; border-left: 4px solid var(--indigo);
  background: var(--sheet); overflow-wrap: anywhere }
.readme h2, .readme h3, .readme h4, .readme h5, .readme h6 { margin: 1.4em 0 .5em; font-size: 1rem; line-height: 1.25 }
.readme h2 { font-size: 1.8rem; font-weight: 500 }
.readme > :first-child { margin-top: .8rem }
.readme h3 { font-size: 1.4rem; font-weight: 500 }
.readme h4 { font-size: 1.15rem }
.readme img { max-width: 100%; height: auto }
.readme code { font: .9em ui-monospace, monospace }
.readme :not(pre) > code { padding: .1em .3em; background: var(--ground) }
.readme blockquote { margin-inline: 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--quiet) }
.readme hr { margin: 1.5rem 0; border: 0; border-top: 1px solid var(--line) }
.readme .note { color: var(--quiet) }
.readme pre { overflow-x: auto; padding: .8rem 1rem; background: var(--ground); overflow-wrap: normal }
.readme table { display: block; overflow-x: auto; border-collapse: collapse }
.readme th, .readme td { padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left }
.readme .right { text-align: right }
.readme .center { text-align: center }
@media (max-width: 40rem) {
  .list, .list thead, .list tbody { display: block }
  .list tr { display: flex; flex-wrap: wrap; gap: 0 1.2rem; border-bottom: 1px solid var(--line); padding: .45rem 0 }
  .list tr[hidden] { display: none }
  .list thead tr { border-bottom: 3px double var(--quiet) }
  .list th, .list td, .list thead th { width: auto !important; padding-block: 0; padding-left: 0; border: 0 }
  .list tbody th { flex: 0 0 100%; height: auto !important }
  .list tbody th::before { top: .27rem }
  .list .folder th::before { top: .45rem }
  .list .folder th::after { top: .29rem }
  .list td { height: auto !important; font-size: .9rem }
  .list td:nth-child(2) { padding-left: 1.9rem }
  .list td:empty { padding-left: .7rem }
  .list .picture td:nth-child(2) { padding-left: 3.4rem }
  .list img { top: 0 }
  .tools label { width: 100%; margin: 0; display: flex; align-items: center }
  .tools label[hidden] { display: none }
  input { flex: 1; min-width: 0 }
}
@media print { .tools label, .pages { display: none } }
`;

// The filter is hidden until the script runs. It searches for the typed text as it is, in any case.
export const SCRIPT: string = `
const input = document.querySelector("input");
const count = document.querySelector("[role=status]");
const all = count.textContent;
const nameOf = (row) => row.querySelector("a").textContent.toLowerCase();
const rows = Array.from(document.querySelectorAll(".list tbody tr"), (row) => [row, nameOf(row)]);
const filter = () => {
  const wanted = input.value.toLowerCase();
  let shown = 0;
  for (const [row, name] of rows) {
    row.hidden = !name.includes(wanted);
    if (!row.hidden) shown++;
  }
  count.textContent = wanted === "" ? all : shown + " of " + rows.length + " shown";
};
input.addEventListener("input", filter);
input.parentElement.hidden = rows.length < 2;
filter();
`;

/**
 * The value of `Content-Security-Policy` for a listing's page: nothing runs, and nothing is loaded, but its own. A
 * README is subject to it too: its pictures come from this site.
 */
export const LISTING_POLICY: string = [
  "default-src 'none'",
  `script-src '${digest(SCRIPT)}'`,
  `style-src '${digest(STYLE)}'`,
  "img-src 'self'",
  "media-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

function digest(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
