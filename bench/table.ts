// The result as text for a terminal: one table per case, cheapest first, and one for what is not a case.
import type { Figures } from "./measure.ts";
import { type BenchResult, type CaseResult, cpuOf, type ResultTable } from "./result.ts";

export function asTables(result: BenchResult): string {
  const { machine, machineLoad, rounds, cores } = result;
  const lines = [
    `${result.date}  ${machine.processor}, ${machine.coreCount} cores, ${machine.kernel}, ${machine.system}`,
    `server on core ${cores.server || "any"}, ${result.loadTool} on core ${cores.load || "any"}; ${rounds.count} rounds of ` +
      `${rounds.durationMs} ms; load average ${machineLoad.before.toFixed(1)} before, ${machineLoad.after.toFixed(1)} after`,
    ...result.missing.map(({ name, reason }) => `left out: ${name} (${reason})`),
    ...result.cases.flatMap((one) => ["", ...caseTable(result, one)]),
    ...(result.peers.length === 0 ? [] : ["", ...peerTable(result)]),
    ...result.tables.flatMap((one) => ["", ...resultTable(one)]),
  ];
  return `${lines.join("\n")}\n`;
}

function caseTable(result: BenchResult, one: CaseResult): string[] {
  const floor = cpuOf(one, "floor")?.median;
  const rows = result.peers
    .filter(({ name }) => one.outcomes[name] !== undefined)
    .map(({ name, title }) => ({ title, outcome: one.outcomes[name], cpu: cpuOf(one, name) }));
  rows.sort((a, b) => (a.cpu?.median ?? Infinity) - (b.cpu?.median ?? Infinity));
  return columns([
    [one.title, "CPU us/reply", "lowest", "highest", "x floor", "replies/s", "core used", "memory", "errors"],
    ...rows.map(({ title, outcome }) => {
      if (outcome === undefined || "dash" in outcome) return [title, "-", outcome?.dash ?? ""];
      return [title, ...figureCells(outcome, floor)];
    }),
  ]);
}

function figureCells(figures: Figures, floor: number | undefined): string[] {
  const { cpuUs, repliesPerSecond, busy, errorCount } = figures;
  return [
    significant(cpuUs.median),
    significant(cpuUs.lowest),
    significant(cpuUs.highest),
    floor === undefined ? "-" : (cpuUs.median / floor).toFixed(2),
    repliesPerSecond.median.toFixed(0),
    `${(busy.median * 100).toFixed(0)} %`,
    `${(figures.residentBytes / 1024 ** 2).toFixed(0)} MiB`,
    `${errorCount}`,
  ];
}

function peerTable(result: BenchResult): string[] {
  return columns([
    ["", "first answer", "memory after", "p50 at half load", "p99", "version"],
    ...result.peers.map(({ title, version, startMs, residentBytes, latency }) => [
      title,
      `${startMs.median.toFixed(0)} ms`,
      `${(residentBytes / 1024 ** 2).toFixed(0)} MiB`,
      latency === undefined ? "-" : `${latency.p50Us.toFixed(0)} us`,
      latency === undefined ? "-" : `${latency.p99Us.toFixed(0)} us`,
      version,
    ]),
  ]);
}

function resultTable({ title, columns: titles, rows }: ResultTable): string[] {
  return columns([[title, ...titles], ...rows.map((row) => [row.title, ...row.values.map(shown)])]);
}

/** A figure with three digits, fewer where it is next to nothing; a reason as it is. */
export function shown(value: number | string): string {
  if (typeof value === "string") return value;
  return Math.abs(value) < 0.1 ? value.toFixed(3) : significant(value);
}

/** Three digits that mean something: 5.23, 18.4, 2130. */
export function significant(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** First column to the left, the others to the right; a row of three whose second is a dash keeps its reason as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const isReason = (row: readonly string[]): boolean => row[1] === "-" && row.length === 3;
  const full = rows.filter((row) => !isReason(row));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...full.map((row) => row[column]?.length ?? 0)));
  widths[0] = Math.max(...rows.map((row) => row[0]?.length ?? 0));
  return rows.map((row) =>
    isReason(row)
      ? `${row[0]?.padEnd(widths[0] ?? 0)}  ${"-".padStart(widths[1] ?? 0)}  ${row[2]}`
      : row
          .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
          .join("  "),
  );
}
