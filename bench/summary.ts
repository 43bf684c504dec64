// The result as the Markdown that docs/performance.md shows between two marks: medians of all cases in one table, and
// what belongs to no case in another.
import { type BenchResult, cpuOf } from "./result.ts";
import { significant } from "./table.ts";

const BEGIN = "<!-- bench: written by npm run bench -->";
const END = "<!-- /bench -->";

/** @throws when the page has lost its marks */
export function withSummary(page: string, result: BenchResult): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error("docs/performance.md: the marks of the benchmark are gone");
  return `${page.slice(0, start + BEGIN.length)}\n${asMarkdown(result)}${page.slice(end)}`;
}

function asMarkdown(result: BenchResult): string {
  const { machine, machineLoad, rounds, cores } = result;
  return `
${result.date.slice(0, 10)}; ${machine.processor}, ${machine.coreCount} cores; ${machine.kernel}; ${machine.system}.
Server on core ${cores.server || "any"}, ${result.loadTool} on core ${cores.load || "any"}; ${rounds.count} rounds of ${rounds.durationMs} ms.
Load average ${machineLoad.before.toFixed(1)} before the run, ${machineLoad.after.toFixed(1)} after.

Processor time of the server per reply, in microseconds, median (lowest to highest):

${markdownTable(["", ...result.peers.map(({ title }) => title)], caseRows(result))}

${markdownTable(["", "version", "first answer, ms", "memory after, MiB", "p50, us", "p99, us", "at replies/s"], peerRows(result))}

${result.missing.map(({ name, reason }) => `Left out: ${name} (${reason}).\n\n`).join("")}`;
}

function caseRows(result: BenchResult): string[][] {
  return result.cases.map((one) => [
    one.title,
    ...result.peers.map(({ name }) => {
      const cpu = cpuOf(one, name);
      return cpu === undefined
        ? "–"
        : `**${significant(cpu.median)}** (${significant(cpu.lowest)} to ${significant(cpu.highest)})`;
    }),
  ]);
}

function peerRows(result: BenchResult): string[][] {
  return result.peers.map(({ title, version, startMs, residentBytes, latency }) => [
    title,
    version.replace(/^.*gcc.* /, "gcc "),
    startMs.median.toFixed(0),
    (residentBytes / 1024 ** 2).toFixed(0),
    latency?.p50Us.toFixed(0) ?? "–",
    latency?.p99Us.toFixed(0) ?? "–",
    latency?.perSecond.toFixed(0) ?? "–",
  ]);
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}
