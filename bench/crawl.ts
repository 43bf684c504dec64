// A hot file at 2,000 requests a second while a crawler asks for random files of a million, as fast as it can.
import { KEPT_SITES, keptSite, warmPages } from "./kept-sites.ts";
import { spread } from "./spread.ts";
import { latencyUnderCrawl, steadyLatency } from "./steady.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "nginx", "nginx-cache", "h2o"];
const CRAWLER_COUNTS = [1, 32];
const ROUND_COUNT = 3;

export const CRAWL: Scenario = {
  ...{ name: "crawl", title: "a hot file while 1,000,000 files are crawled", isLarge: true },
  run,
};

async function run(bench: Workbench): Promise<Findings> {
  const root = await keptSite(bench.keptFolder, "tree-1000000");
  process.stderr.write("reading 1,000,000 files into the page cache …\n");
  await warmPages(root, KEPT_SITES["tree-1000000"]);
  const seconds = bench.isQuick ? 2 : 4;
  const start = { peers: peersNamed(bench, PEERS), root, setup: "plain" } as const;
  return withContestants(bench, start, async (running) => {
    // Figures of each column, by contestant.
    const taken = running.map(() => Array.from({ length: 1 + 2 * CRAWLER_COUNTS.length }, (): number[] => []));
    for (let round = 0; round < ROUND_COUNT; round++) {
      for (const [index, contestant] of running.entries()) {
        const figures = [(await steadyLatency(bench, contestant, seconds)).p99Us / 1000];
        for (const connectionCount of CRAWLER_COUNTS) {
          const crawl = { name: "files-1000000", connectionCount, seed: round };
          const { p99Us, repliesPerSecond } = await latencyUnderCrawl(bench, contestant, crawl, seconds);
          figures.push(p99Us / 1000, repliesPerSecond);
        }
        for (const [column, figure] of figures.entries()) taken[index]![column]!.push(figure);
      }
    }
    return {
      columns: [
        "p99 alone, ms",
        ...CRAWLER_COUNTS.flatMap((count) => [`p99, ${count} crawling, ms`, "crawled files/s"]),
      ],
      rows: running.map(({ peer }, index) => {
        return { title: peer.title, values: taken[index]!.map((values) => spread(values).median) };
      }),
    };
  });
}
