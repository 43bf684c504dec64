// The result as an SVG bar chart for the README: processor time per reply, a panel per case.
import { type BenchResult, type CaseResult, cpuOf } from "./result.ts";
import { significant } from "./table.ts";

/** Cases that are drawn, when they were measured. */
const DRAWN = ["hot", "browser", "many", "large", "tls-hot", "h2-hot"];

const WIDTH = 880;
const PANEL_WIDTH = 420;
const BAR_HEIGHT = 14;
const ROW_HEIGHT = 20;
const LABEL_WIDTH = 130;
const BAR_WIDTH = 220;
/** Bars end at this many times Heddle's, broken, so that one slow server does not make all others look alike. */
const LONGEST = 4;

export function asChart(result: BenchResult): string {
  const panels = DRAWN.flatMap((name) => result.cases.find((one) => one.name === name) ?? []);
  const tops = topsOf(panels.map(({ outcomes }) => Object.values(outcomes).filter((one) => "cpuUs" in one).length));
  const height = tops.at(-1)! + 40;
  const { machine, machineLoad } = result;
  const drawn = panels.map((one, index) => {
    const x = 20 + (index % 2) * PANEL_WIDTH;
    const y = tops[Math.floor(index / 2)]!;
    return `<g transform="translate(${x} ${y})">${panel(result, one)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>CPU time of the server per reply: Heddle beside other servers</title>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
<text x="20" y="30" font-size="17" font-weight="600" fill="#1f2328">CPU time of the server per reply, in microseconds: shorter is better</text>
<text x="20" y="50" fill="#59636e">Median of ${result.rounds.count} interleaved rounds; the thin line goes from the lowest to the highest. One core per server.</text>
${drawn.join("\n")}
<text x="20" y="${height - 28}" fill="#59636e" font-size="11">${escaped(`${result.date.slice(0, 10)}; ${machine.processor}, ${machine.coreCount} cores; ${machine.kernel}; ${machine.system}; load average ${machineLoad.before.toFixed(1)} to ${machineLoad.after.toFixed(1)}`)}</text>
<text x="20" y="${height - 12}" fill="#59636e" font-size="11">${escaped(versions(result))}</text>
</svg>
`;
}

/** Where each row of two panels begins, and where the last one ends. @param counts of the bars in each panel */
function topsOf(counts: readonly number[]): number[] {
  const tops = [76];
  for (let index = 0; index < counts.length; index += 2) {
    const barCount = Math.max(...counts.slice(index, index + 2));
    tops.push(tops.at(-1)! + barCount * ROW_HEIGHT + 44);
  }
  return tops;
}

function panel(result: BenchResult, one: CaseResult): string {
  const rows = result.peers
    .flatMap(({ name, title }) => {
      const cpu = cpuOf(one, name);
      return cpu === undefined ? [] : [{ name, title: title.split(",", 2).join(","), cpu }];
    })
    .sort((a, b) => a.cpu.median - b.cpu.median);
  const longest = (cpuOf(one, "heddle")?.median ?? rows.at(-1)?.cpu.median ?? 1) * LONGEST;
  const scale = (value: number): number => (Math.min(value, longest) / longest) * BAR_WIDTH;
  const bars = rows.map(({ name, title, cpu }, index) => {
    const y = 14 + index * ROW_HEIGHT;
    const isBroken = cpu.median > longest;
    const end = LABEL_WIDTH + scale(cpu.median);
    const line = `<path d="M${LABEL_WIDTH + scale(cpu.lowest)} ${y + BAR_HEIGHT / 2}H${LABEL_WIDTH + scale(cpu.highest)}" stroke="#1f2328" stroke-opacity=".55"/>`;
    const gap = `<path d="M${end - 14} ${y + BAR_HEIGHT + 2}l6 ${-BAR_HEIGHT - 4}" stroke="#ffffff" stroke-width="4"/>`;
    return `<text x="${LABEL_WIDTH - 8}" y="${y + 11}" text-anchor="end" fill="#1f2328"${name.startsWith("heddle") ? ' font-weight="600"' : ""}>${escaped(short(title))}</text>
<rect x="${LABEL_WIDTH}" y="${y}" width="${scale(cpu.median).toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${colour(name)}"/>${isBroken ? gap : line}
<text x="${Math.max(end, isBroken ? 0 : LABEL_WIDTH + scale(cpu.highest)) + 6}" y="${y + 11}" fill="#1f2328">${significant(cpu.median)}</text>`;
  });
  return `<text y="0" font-weight="600" fill="#1f2328">${escaped(one.title)}</text>\n${bars.join("\n")}`;
}

function short(title: string): string {
  return title
    .replace(", hot files as routes", "")
    .replace("open_file_cache", "file cache")
    .replace(" (no server)", "");
}

function colour(name: string): string {
  if (name === "heddle") return "#c2410c";
  if (name === "heddle-portable") return "#fb923c";
  return name === "floor" ? "#d0d7de" : "#8c959f";
}

function versions(result: BenchResult): string {
  return result.peers
    .filter(({ name }) => !["heddle-portable", "floor", "nginx-cache", "node-http2"].includes(name))
    .map(({ title, version }) => `${short(title).replace(", kernel", "")} ${version.split(" (")[0]}`)
    .join(" · ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
