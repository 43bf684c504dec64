// A thread that sorts and writes the listings of large folders, one after the other: see lister.ts, which ends it.
import { parentPort } from "node:worker_threads";
import { type ListingJob, writeListing } from "./write.ts";

parentPort!.on("message", (job: ListingJob) => {
  const written = writeListing(job);
  parentPort!.postMessage(written, [written.bytes.buffer]);
});
