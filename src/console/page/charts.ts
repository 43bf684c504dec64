// The charts of the last minute. Each has its numbers as text beside its title, and all of them have a table.
import uPlot from "uplot";
import type { Rates } from "../rates.ts";
import type { Mark, Snapshot } from "../snapshot.ts";
import { byId, bytes, clockTime, count, duration, element, setText, table } from "./dom.ts";

/** A minute, at two snapshots a second. */
const KEPT_COUNT = 120;
const HEIGHT = 150;
/** Of two, for axes of bytes. */
const POWERS: number[] = Array.from({ length: 50 }, (_, power) => 2 ** power);
/** Every tenth row of the table: five seconds. */
const TABLE_STEP = 10;

interface Series {
  readonly name: string;
  /** A custom property of the style. */
  readonly colour: string;
  readonly read: (rates: Rates) => number | undefined;
}

interface Chart {
  readonly title: string;
  readonly write: (value: number) => string;
  readonly series: readonly Series[];
}

const CHARTS: readonly Chart[] = [
  {
    title: "Requests per second",
    write: count,
    series: [{ name: "requests", colour: "--accent", read: ({ requestsPerSecond }) => requestsPerSecond }],
  },
  {
    title: "Time to the end of the reply",
    write: duration,
    series: [
      { name: "half", colour: "--sending", read: ({ percentilesMs }) => percentilesMs?.p50 },
      { name: "90 %", colour: "--reading", read: ({ percentilesMs }) => percentilesMs?.p90 },
      { name: "99 %", colour: "--closing", read: ({ percentilesMs }) => percentilesMs?.p99 },
    ],
  },
  {
    title: "Replies per second, by status",
    write: count,
    series: [
      { name: "2xx", colour: "--sending", read: ({ statusesPerSecond }) => statusesPerSecond["2xx"] },
      { name: "3xx", colour: "--reading", read: ({ statusesPerSecond }) => statusesPerSecond["3xx"] },
      { name: "4xx", colour: "--closing", read: ({ statusesPerSecond }) => statusesPerSecond["4xx"] },
      { name: "5xx", colour: "--bad", read: ({ statusesPerSecond }) => statusesPerSecond["5xx"] },
    ],
  },
  {
    title: "Bytes per second",
    write: bytes,
    series: [{ name: "sent", colour: "--accent", read: ({ bytesPerSecond }) => bytesPerSecond }],
  },
];

interface Drawn {
  readonly chart: Chart;
  readonly place: HTMLElement;
  readonly texts: readonly HTMLElement[];
  plot: uPlot | undefined;
}

const times: number[] = [];
const history: Rates[] = [];
let marks: readonly Mark[] = [];
let drawn: Drawn[] = [];

export function prepareCharts(): void {
  drawn = CHARTS.map((chart) => {
    const texts = chart.series.map(({ colour }) => {
      const text = element("span");
      text.style.setProperty("--of", `var(${colour})`);
      return text;
    });
    const place = element("div");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `Chart: ${chart.title}, in the last minute`);
    const caption = element("figcaption", "", element("b", "", chart.title), element("span", "series", ...texts));
    byId("charts").append(element("figure", "", caption, place));
    return { chart, place, texts, plot: undefined };
  });
  // Colours are read when a chart is made.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(make));
  const resized = new ResizeObserver(() => {
    for (const { plot, place } of drawn) plot?.setSize({ width: place.clientWidth, height: HEIGHT });
  });
  for (const one of drawn) {
    make(one);
    resized.observe(one.place);
  }
}

export function showCharts(now: Snapshot, rates: Rates): void {
  times.push(now.nowMs / 1000);
  history.push(rates);
  if (times.length > KEPT_COUNT) {
    times.shift();
    history.shift();
  }
  marks = now.marks;
  for (const { chart, texts, plot } of drawn) {
    plot?.setData(dataOf(chart));
    chart.series.forEach(({ name, read }, index) => {
      const value = read(rates);
      setText(texts[index]!, `${name} ${value === undefined ? "–" : chart.write(value)}`);
    });
  }
  showTable();
}

function dataOf({ series }: Chart): uPlot.AlignedData {
  return [times, ...series.map(({ read }) => history.map((rates) => read(rates) ?? null))];
}

function make(one: Drawn): void {
  const { chart, place } = one;
  const style = getComputedStyle(document.documentElement);
  // light-dark() is only worked out where it is used as a colour.
  const probe = element("span");
  place.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const axis = { stroke: colour("--soft"), font: `12px ${style.fontFamily}`, ticks: { show: false } };
  const options: uPlot.Options = {
    width: Math.max(place.clientWidth, 100),
    height: HEIGHT,
    padding: [10, 6, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, _low, high) => [0, Math.max(high, Number.MIN_VALUE) * 1.1 || 1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 70,
        values: (_, splits) => splits.map((at) => clockTime(at * 1000)),
      },
      {
        ...axis,
        grid: { stroke: colour("--line"), width: 1 },
        size: 66,
        space: 34,
        ...(chart.write === bytes && { incrs: POWERS }),
        values: (_, splits) => splits.map((value) => chart.write(value)),
      },
    ],
    series: [
      {},
      ...chart.series.map((series) => ({ stroke: colour(series.colour), width: 2, points: { show: false } })),
    ],
    hooks: { draw: [drawMarks(colour("--bad"))] },
  };
  probe.remove();
  one.plot?.destroy();
  one.plot = new uPlot(options, dataOf(chart), place);
}

/** Reloads and the like, as lines in time. */
function drawMarks(stroke: string): (plot: uPlot) => void {
  return ({ ctx, bbox, valToPos }) => {
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.setLineDash([4, 4]);
    for (const { atMs } of marks) {
      if (atMs / 1000 < times[0]!) continue;
      const x = valToPos(atMs / 1000, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

/** Made anew only while it is open, and only now and then, so that it can be read. */
function showTable(): void {
  const details = byId("chart-table") as HTMLDetailsElement;
  const isFirst = details.childElementCount === 1;
  if (!details.open || (times.length % TABLE_STEP !== 0 && !isFirst)) return;
  const series = CHARTS.flatMap((chart) => chart.series.map((one) => ({ chart, one })));
  const rows = times.flatMap((at, index) => {
    if (index % TABLE_STEP !== 0 && index !== times.length - 1) return [];
    const cells = series.map(({ chart, one }) => {
      const value = one.read(history[index]!);
      return element("td", "n", value === undefined ? "–" : chart.write(value));
    });
    return [element("tr", "", element("td", "", clockTime(at * 1000)), ...cells)];
  });
  const names = series.map(({ chart, one }) => `${chart.title}: ${one.name}`);
  const scroll = element("div", "scroll", table("The last minute", ["Time", ...names], rows));
  scroll.tabIndex = 0;
  if (isFirst) details.append(scroll);
  else details.lastElementChild!.replaceWith(scroll);
}
