// The other end of a JobThread: what a thread's entry calls to do its jobs.
import { parentPort, type Transferable } from "node:worker_threads";

/**
 * Answers each job with what `work` makes of it, in order. An error that it throws ends the thread, and rejects the job.
 * @param transferOf memory of the result that moves to the other thread instead of being copied
 */
export function answerJobs<Job, Result>(
  work: (job: Job) => Result | Promise<Result>,
  transferOf: (result: Result) => Transferable[] = () => [],
): void {
  parentPort!.on("message", async (job: Job) => {
    const result = await work(job);
    parentPort!.postMessage(result, transferOf(result));
  });
}
