// `npm run soak`: servers under load for minutes. `stop` and `reload` ask for 100,000 requests in each case, and not one may
// fail. Everything is on loopback, bounded in count and time. Ends with 1 when a bound is broken.
import { parseArgs } from "node:util";
import { type Case, casesOf, nameOf } from "./cases.ts";
import { reloadUnderLoad } from "./reload.ts";
import { type Outcome, stopUnderLoad } from "./stop.ts";

const USAGE = `npm run soak -- stop|reload [word …]

  stop      SIGTERM under load, and the next server at the same port
  reload    the configuration is changed and SIGHUP is sent, under load
  word      only the cases with all of these words: kernel, portable, pool, per-connection, http1, http2, tls, plain

  --requests <n>   for each case (100000)
  --times <n>      restarts or reloads in each case (5 restarts, 50 reloads)
`;

const { values, positionals } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, times: { type: "string" }, help: { type: "boolean" } },
  allowPositionals: true,
});
const [what = "", ...words] = positionals;
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

function pad(...columns: readonly [value: number | string, width: number][]): string[] {
  return columns.map(([value, width]) => String(value).padStart(width));
}

const scenario = SCENARIOS[what];
if (scenario === undefined || values.help) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = (await runCases(scenario)) ? 0 : 1;
