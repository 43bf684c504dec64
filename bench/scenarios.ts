// The parts of the bench that are not cases, in the order in which they run.
import { ACCESS_LOG } from "./access-log.ts";
import { COLD_DISK } from "./cold-disk.ts";
import { CRAWL } from "./crawl.ts";
import { EARLY_HINTS } from "./early-hints.ts";
import { IDLE } from "./idle.ts";
import { IDLE_MEMORY } from "./idle-memory.ts";
import { IDLE_SECURE } from "./idle-secure.ts";
import { SLOW_LINK } from "./slow-link.ts";
import { THOUSAND_SITES } from "./thousand-sites.ts";
import { THREAD_PER_CONNECTION } from "./thread-per-connection.ts";
import type { Scenario } from "./workbench.ts";

export const SCENARIOS: readonly Scenario[] = [
  ACCESS_LOG,
  THOUSAND_SITES,
  IDLE,
  IDLE_MEMORY,
  IDLE_SECURE,
  SLOW_LINK,
  EARLY_HINTS,
  THREAD_PER_CONNECTION,
  COLD_DISK,
  CRAWL,
];
