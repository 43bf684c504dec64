// `npm run soak`: servers under load for minutes, with mixed traffic. `stop` and `reload` ask for 100,000 requests in each case, and not one may
// fail. Everything is on loopback, bounded in count and time. Ends with 1 when a bound is broken.
import { parseArgs } from "node:util";
import { type Case, casesOf, nameOf } from "./cases.ts";
import { soak } from "./mixed/run.ts";
import { reloadUnderLoad } from "./reload.ts";
import { type Outcome, stopUnderLoad } from "./stop.ts";

const USAGE = `npm run soak [-- stop|reload [word …]]

Mixed good and bad traffic at four servers at once, both transports, without and with TLS, for ten minutes.

  stop      SIGTERM under load, and the next server at the same port
  reload    the configuration is changed and SIGHUP is sent, under load
  word      only the cases with all of these words: kernel, portable, pool, per-connection, http1, http2, tls, plain

  --seconds <n>    of mixed traffic (600)
  --requests <n>   for each case of stop and reload (100000)
  --times <n>      restarts or reloads in each case (5 restarts, 50 reloads)
`;

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    requests: { type: "string", default: "100000" },
    times: { type: "string" },
    help: { type: "boolean" },
  },
  allowPositionals: true,
});
const [what, ...words] = positionals;
const requestCount = Number(values.requests);

const SCENARIOS: Readonly<Record<string, (t: Cleanup, one: Case) => Promise<Outcome>>> = {
  stop: (t, one) => stopUnderLoad(t, one, { requestCount, restartCount: Number(values.times ?? 5) }),
  reload: (t, one) => reloadUnderLoad(t, one, { requestCount, reloadCount: Number(values.times ?? 50) }),
};

/** What a case leaves is removed after it. */
class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  after = (step?: unknown): void => void this.#steps.push(step as () => unknown);

  async run(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step();
  }
}

async function runCases(scenario: (t: Cleanup, one: Case) => Promise<Outcome>): Promise<boolean> {
  let isGood = true;
  console.log("case                                   answered  failed  connections  refused  seconds");
  for (const one of casesOf(words)) {
    const t = new Cleanup();
    const began = performance.now();
    const { tally, mistakes } = await scenario(t, one).finally(() => t.run());
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { answeredCount, failures, connectionCount, refusedCount } = tally;
    const columns = [nameOf(one).padEnd(37), ...pad([answeredCount, 10], [failures.length, 7], [connectionCount, 12])];
    console.log([...columns, ...pad([refusedCount, 8], [seconds, 8])].join(" "));
    for (const line of [...new Set(failures)].slice(0, 5)) console.log(`  ${line}`);
    for (const line of mistakes) console.log(`  ${line}`);
    isGood &&= failures.length === 0 && mistakes.length === 0 && answeredCount === requestCount;
  }
  return isGood;
}

async function runMixed(seconds: number): Promise<boolean> {
  const t = new Cleanup();
  const results = await soak(t, { seconds, killEverySeconds: Math.max(8, seconds / 20) }).finally(() => t.run());
  console.log(
    "server          visits  requests   checked  killed  lost  failed  resident KiB  KiB/min  descriptors  threads",
  );
  for (const { name, tally, idle, slope, deathCount } of results) {
    const visits = tally.byKind.values().reduce((sum, count) => sum + count, 0);
    const { residentKib, descriptorCount, threadCount } = idle.after;
    const counts = pad([visits, 7], [tally.requestCount, 9], [tally.checkedCount, 9], [deathCount, 7]);
    const losses = pad([tally.excusedCount, 5], [tally.failureCount, 7]);
    const change = (before: number, after: number): string => `${before}→${after}`;
    const memory = pad([change(idle.before.residentKib, residentKib), 13], [slope.toFixed(0), 8]);
    const rest = pad(
      [change(idle.before.descriptorCount, descriptorCount), 12],
      [change(idle.before.threadCount, threadCount), 8],
    );
    console.log([name.padEnd(14), ...counts, ...losses, ...memory, ...rest].join(" "));
  }
  for (const { name, broken } of results) for (const text of broken) console.log(`  ${name}: ${text}`);
  return results.every(({ broken, tally }) => broken.length === 0 && tally.failureCount === 0);
}

function pad(...columns: readonly [value: number | string, width: number][]): string[] {
  return columns.map(([value, width]) => String(value).padStart(width));
}

const scenario = SCENARIOS[what ?? ""];
if (values.help || (what !== undefined && scenario === undefined)) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const isGood = scenario === undefined ? await runMixed(Number(values.seconds)) : await runCases(scenario);
  process.exitCode = isGood ? 0 : 1;
}
