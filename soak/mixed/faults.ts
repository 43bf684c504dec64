// Loaded before the program in each thread of a server under soak (`node --import`): a thread that serves throws when the main
// thread names it. So the code that is soaked is the code that is shipped.
import { BroadcastChannel, isMainThread, threadName } from "node:worker_threads";

export const FAULTS = "faults of the soak";

const [, number] = isMainThread ? [] : (/^heddle (\d+)$/.exec(threadName ?? "") ?? []);
if (number !== undefined) {
  const channel = new BroadcastChannel(FAULTS);
  channel.unref();
  channel.onmessage = (event): void => {
    if (event.data === Number(number)) throw new Error("a fault on purpose");
  };
}
