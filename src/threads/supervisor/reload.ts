// A reload changes the options of all threads or of no thread, in two phases: each thread prepares a handler, and when all
// have one, each adopts it.
import type { ThreadOptions } from "../site-numbers.ts";
import type { Thread } from "./thread.ts";

/** @returns why a thread cannot use the options, and all have discarded what they prepared; undefined when all can */
export async function prepareAll(threads: Iterable<Thread>, options: ThreadOptions): Promise<string | undefined> {
  const answers = await Promise.all([...threads].map((thread) => thread.ask({ kind: "prepare", options })));
  const failed = answers.find((answer) => answer.kind === "failed");
  if (failed === undefined && answers.some(({ kind }) => kind === "done")) return undefined;
  for (const thread of threads) thread.post({ kind: "discard" });
  return failed?.reason ?? "no thread is running that could try the options";
}

/** @param prepared the other threads started during the reload, with the old options */
export async function adoptAll(
  threads: Iterable<Thread>,
  prepared: ReadonlySet<Thread>,
  options: ThreadOptions,
): Promise<void> {
  const adopt = (thread: Thread): Promise<unknown> => {
    if (!prepared.has(thread)) void catchUp(thread, options);
    return thread.ask({ kind: "adopt" });
  };
  await Promise.all([...threads].map(adopt));
}

/** Brings a thread that started during the reload up to date. If it cannot use the options, it is replaced. */
async function catchUp(thread: Thread, options: ThreadOptions): Promise<void> {
  const answer = await thread.ask({ kind: "prepare", options });
  if (answer.kind === "failed") thread.terminate(new Error(answer.reason));
}
