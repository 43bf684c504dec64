// The two pictures of docs/a-request.md: how connections come to threads, with a pool and with a thread per connection.
// `node docs/pictures.ts` writes them to docs/images/; test/a-request.test.ts fails when they are old. They follow the
// colour scheme of the reader, as far as the program that shows them does.
import { writeFileSync } from "node:fs";

interface Picture {
  readonly file: URL;
  readonly svg: () => string;
}

const WIDTH = 880;

export const PICTURES: readonly Picture[] = [
  { file: new URL("./images/pool.svg", import.meta.url), svg: pool },
  { file: new URL("./images/per-connection.svg", import.meta.url), svg: perConnection },
];

/** Colours by what they mean, for both schemes: the text must be readable on each. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 12px; fill: #59636e; }
.title { font-size: 17px; font-weight: 600; }
.name { font-weight: 600; }
.paper { fill: #ffffff; }
.box { fill: #f6f8fa; stroke: #59636e; }
.thread { fill: #fff1e5; stroke: #c2410c; }
.spare { fill: none; stroke: #c2410c; stroke-dasharray: 5 4; }
.wire { fill: none; stroke: #59636e; stroke-width: 1.5; marker-end: url(#tip); }
.shared { fill: none; stroke: #0969da; stroke-width: 1.5; stroke-dasharray: 2 3; marker-end: url(#tip); }
.tip { fill: #59636e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .paper { fill: #0d1117; }
  .box { fill: #161b22; stroke: #9198a1; }
  .thread { fill: #2a1608; stroke: #f0883e; }
  .spare { stroke: #f0883e; }
  .wire { stroke: #9198a1; }
  .shared { stroke: #58a6ff; }
  .tip { fill: #9198a1; }
}`;

function pool(): string {
  const threads = [1, 2, 3].map((number, index) => {
    const y = 110 + index * 112;
    return [
      box("thread", 500, y, 350, 88, `worker thread ${number}`, [
        "epoll_wait: which sockets are ready?",
        ["3 connections", "2 connections", "3 connections"][index]!,
      ]),
      connections(672, y + 60, [3, 2, 3][index]!),
      arrow("wire", 410, 210 + index * 20, 498, y + 44),
    ].join("\n");
  });
  return picture(
    480,
    "A pool: one thread for each core, each with many connections",
    "All threads accept from one listening socket. The main thread never serves.",
    [
      ...clients(4),
      box("box", 210, 150, 200, 140, "kernel", ["listening socket", "queue of new", "connections"]),
      label("accept4", 424, 158),
      ...threads,
      arrow("shared", 862, 200, 862, 264),
      label("A thread that accepts a connection gives it to the thread that has the fewest, through a ring", 210, 452),
      label("in shared memory (dotted).", 210, 468),
      box("box", 20, 370, 390, 62, "main thread: supervisor", [
        "opens the socket, starts and watches the threads, reads counters",
      ]),
    ],
  );
}

function perConnection(): string {
  const threads = [1, 2, 3].map((number, index) => {
    const y = 110 + index * 78;
    return [
      box("thread", 500, y, 350, 62, `thread ${number}`, ["serves one connection, and ends with it"]),
      connections(790, y + 22, 1),
      arrow("wire", 410, 200 + index * 16, 498, y + 31),
    ].join("\n");
  });
  return picture(
    480,
    "A thread per connection: each connection has a thread of its own",
    "A few threads are kept ready. Over --max-threads, connections wait in the kernel's queue.",
    [
      ...clients(3),
      box("box", 210, 150, 200, 140, "kernel", ["listening socket", "queue of new", "connections"]),
      label("accept4", 424, 146),
      ...threads,
      box("spare", 500, 350, 350, 62, "thread 4, ready", ["waits for the next connection, and takes only that one"]),
      arrow("wire", 410, 256, 498, 372),
      box("box", 20, 370, 390, 62, "main thread: supervisor", ["starts the next thread when one has been taken"]),
      arrow("shared", 412, 401, 498, 391),
      label("starts", 432, 424),
    ],
  );
}

function clients(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const y = 130 + index * 54;
    return `${box("box", 20, y, 110, 36, "client", [])}\n${arrow("wire", 130, y + 18, 208, 190 + index * 16)}`;
  });
}

function picture(height: number, title: string, subtitle: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">${title}. ${subtitle}</title>
<style>${STYLE}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8Z"/></marker></defs>
<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>
<text class="title" x="20" y="36">${title}</text>
<text class="small" x="20" y="58">${subtitle}</text>
${parts.join("\n")}
</svg>
`;
}

function box(
  kind: string,
  x: number,
  y: number,
  width: number,
  height: number,
  name: string,
  lines: readonly string[],
): string {
  const texts = lines.map(
    (line, index) => `<text class="small" x="${x + 12}" y="${y + 42 + index * 19}">${line}</text>`,
  );
  return [
    `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    `<text class="name" x="${x + 12}" y="${y + 23}">${name}</text>`,
    ...texts,
  ].join("\n");
}

function connections(x: number, y: number, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    return `<rect class="box" x="${x + index * 46}" y="${y}" width="36" height="18" rx="9"/>`;
  }).join("\n");
}

function arrow(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<path class="${kind}" d="M${x1} ${y1} ${x2} ${y2}"/>`;
}

function label(text: string, x: number, y: number): string {
  return `<text class="small" x="${x}" y="${y}">${text}</text>`;
}

if (import.meta.main) for (const { file, svg } of PICTURES) writeFileSync(file, svg());
