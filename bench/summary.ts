// The result as the Markdown that docs/performance.md shows between two marks: tables with the medians of a few cases
// each, and a table with the figures that belong to no case.
import { type BenchResult, cpuOf } from "./result.ts";
import { shown, significant } from "./table.ts";

const BEGIN = "<!-- bench: written by npm run bench -->";
const END = "<!-- /bench -->";
/** Cases in one table: with more, its lines are wider than an editor or a terminal. */
const CASES_PER_TABLE = 4;

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
${(result.again ?? []).map(againLine).join("")}
Processor time of the server per reply, in microseconds, median (lowest to highest):

${caseTables(result).join("\n\n")}

${markdownTable(["", "version", "first answer, ms", "memory after, MiB", "p50, us", "p99, us", "at replies/s"], peerRows(result))}

${result.tables
  .map(
    ({ title, columns, rows }) =>
      `${markdownTable(
        [title, ...columns],
        rows.map((row) => [row.title, ...row.values.map(shown)]),
      )}\n\n`,
  )
  .join("")}${result.missing.map(({ name, reason }) => `Left out: ${name} (${reason}).\n\n`).join("")}`;
}

function againLine({ date, machineLoad, titles }: NonNullable<BenchResult["again"]>[number]): string {
  const load = `load average ${machineLoad.before.toFixed(1)} before, ${machineLoad.after.toFixed(1)} after`;
  return `Measured again on ${date.slice(0, 10)} (${load}): ${titles.join("; ")}.\n`;
}

function caseTables(result: BenchResult): string[] {
  const count = Math.ceil(result.cases.length / CASES_PER_TABLE);
  return Array.from({ length: count }, (_, index) => {
    const cases = result.cases.slice(index * CASES_PER_TABLE, (index + 1) * CASES_PER_TABLE);
    const rows = result.peers
      .filter(({ name }) => cases.some(({ outcomes }) => outcomes[name] !== undefined))
      .map(({ name, title }) => [title, ...cases.map((one) => cpuCell(one, name))]);
    return markdownTable(["", ...cases.map(({ title }) => title)], rows);
  });
}

function cpuCell(one: BenchResult["cases"][number], peer: string): string {
  const cpu = cpuOf(one, peer);
  if (cpu === undefined) return "–";
  return `**${significant(cpu.median)}** (${significant(cpu.lowest)} to ${significant(cpu.highest)})`;
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
