// What is known of the process as a whole, under the names that all Prometheus clients use.
import { readDescriptors } from "../../threads/descriptors.ts";
import { counter, type Family, gauge } from "./family.ts";

/** The descriptor by which they are listed is one of them. */
const OWN_DESCRIPTOR = 1;

export function processFamilies(nowMs: number): Family[] {
  const { user, system } = process.cpuUsage();
  return [
    counter("process_cpu_seconds_total", "CPU time of all threads, in user and system mode.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", process.memoryUsage.rss()),
    gauge(
      "process_start_time_seconds",
      "When the process started, in seconds since 1970.",
      nowMs / 1000 - process.uptime(),
    ),
    ...descriptorFamilies(),
  ];
}

/** Only Linux tells how many there are without much effort. */
function descriptorFamilies(): Family[] {
  if (process.platform !== "linux") return [];
  const { limitCount, usedCount } = readDescriptors();
  return [
    gauge("process_open_fds", "Open descriptors of the process.", usedCount - OWN_DESCRIPTOR),
    gauge("process_max_fds", "Most descriptors that the process may have.", limitCount),
  ];
}
