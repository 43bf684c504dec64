// A family of metrics: all series of one name, before they are written. `exposition.ts` writes them.
import type { Labelled } from "../../threads/metric-values.ts";

export interface Family {
  /** As in the documentation: a counter ends in "_total", an info in "_info". */
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram" | "info";
  /** One sentence, of plain ASCII without backslashes and quotes. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample extends Labelled {
  /** What a histogram has after its name: "_bucket", "_sum", "_count". @default none */
  readonly suffix?: string;
}

type Values = number | readonly Labelled[];

export function counter(name: string, help: string, values: Values): Family {
  return { name, kind: "counter", help, samples: samplesOf(values) };
}

export function gauge(name: string, help: string, values: Values): Family {
  return { name, kind: "gauge", help, samples: samplesOf(values) };
}

export function info(name: string, help: string, labels: Labelled["labels"]): Family {
  return { name, kind: "info", help, samples: [{ labels, value: 1 }] };
}

/**
 * @param bounds upper bounds of the buckets, without that of the last
 * @param counts cumulated: how many values are in a bucket or below it; one more than there are bounds
 */
export function histogram(
  name: string,
  help: string,
  {
    bounds,
    counts,
    sum,
  }: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number },
): Family {
  const buckets = counts.map((value, index) => ({ suffix: "_bucket", labels: { le: boundOf(bounds[index]) }, value }));
  const count = { suffix: "_count", labels: {}, value: counts.at(-1)! };
  return { name, kind: "histogram", help, samples: [...buckets, { suffix: "_sum", labels: {}, value: sum }, count] };
}

/** OpenMetrics wants the same text for the same number: 1.0 and not 1. */
function boundOf(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function samplesOf(values: Values): Sample[] {
  return typeof values === "number" ? [{ labels: {}, value: values }] : [...values];
}
