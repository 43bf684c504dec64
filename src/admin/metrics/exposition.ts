// Families of metrics as text, in the two forms that Prometheus reads: its own, and OpenMetrics 1.0. The scraper says in
// Accept which one it wants. OpenMetrics allows no blank line and no comment, and wants "# EOF" at the end.
import { parseQualities } from "../../http/negotiation.ts";
import type { Family, Sample } from "./family.ts";

export type Format = "prometheus" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Only OpenMetrics knows this kind: to Prometheus it is a gauge. Both name the samples alike. */
const SUFFIXES: Readonly<Partial<Record<Family["kind"], string>>> = { counter: "_total", info: "_info" };

export function expose(families: readonly Family[], format: Format): string {
  const text = families.map((family) => writeFamily(family, format)).join("");
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

function writeFamily({ name, kind, help, samples }: Family, format: Format): string {
  const isOpen = format === "openmetrics";
  const suffix = SUFFIXES[kind] ?? "";
  const named = isOpen && suffix !== "" ? name.slice(0, -suffix.length) : name;
  const type = kind === "info" && !isOpen ? "gauge" : kind;
  const lines = samples.map((sample) => writeSample(name, sample));
  return `# HELP ${named} ${help}\n# TYPE ${named} ${type}\n${lines.join("")}`;
}

function writeSample(name: string, { suffix = "", labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  const set = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${suffix}${set} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** @param accept the field's value: Prometheus weighs its formats there. People and other programs get the plain form. */
export function chooseFormat(accept: string | undefined): Format {
  const weights = { openmetrics: 0, prometheus: 0 };
  for (const { value, parameters, quality } of parseQualities(accept ?? "") ?? []) {
    const format = FORMATS[value];
    const version = parameters.get("version") ?? OPENMETRICS_VERSION;
    if (format === undefined || (format === "openmetrics" && version !== OPENMETRICS_VERSION)) continue;
    weights[format] = Math.max(weights[format], quality);
  }
  return weights.openmetrics > weights.prometheus ? "openmetrics" : "prometheus";
}

const OPENMETRICS_VERSION = "1.0.0";

const FORMATS: Readonly<Record<string, Format>> = {
  "application/openmetrics-text": "openmetrics",
  "text/plain": "prometheus",
  "text/*": "prometheus",
  "*/*": "prometheus",
};
