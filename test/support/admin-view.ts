// What an admin listener would be told of a server with HTTPS and a pool, in which nothing but one refusal has happened.
import type { AdminView } from "../../src/admin/view.ts";
import { resolveOptions } from "../../src/options/resolve.ts";
import { CounterTable } from "../../src/threads/counters.ts";

export function emptyView(): AdminView {
  const table = new CounterTable(1, 8);
  const thread = { thread: 1, state: "ready", silentMs: 0, ...table.values(0) } as const;
  return {
    phase: "serving",
    threads: {
      mode: "pool",
      threads: [thread],
      deathCount: 0,
      droppedLines: 0,
      ...table.totals(),
      refusals: { BARE_LF: 1 },
    },
    metrics: {
      totals: table.metricTotals(["default"]),
      threads: [{ thread: 1, silentMs: 0, values: table.metrics(0) }],
      startedCount: 1,
      connectionLimitCount: 100,
    },
    samples: { threads: new Map(), waitingCount: undefined },
    options: resolveOptions({ root: ".", tls: { cert: "a", key: "b" } }),
    transport: "kernel",
    mptcpAddressCount: 1,
    certificates: [{ names: ["a.example"], expiresAt: 0 }],
    reloads: { succeeded: 0, failed: 0, lastSuccessMs: 0 },
  };
}
