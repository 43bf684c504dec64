// Preloaded (--import, with --expose-gc) into each thread of a process whose memory is measured. When a message asks the
// process for it, every thread collects its garbage, and the process answers when all threads are done.
import { isMainThread } from "node:worker_threads";

/** A channel reaches threads that other threads have started. A port does not. */
const channel = new BroadcastChannel("collect-garbage");
(channel as unknown as NodeJS.RefCounted).unref();

if (isMainThread) {
  process.on("message", (order: { readonly collect: number }) => {
    let missing = order.collect;
    channel.onmessage = () => {
      if (--missing > 0) return;
      gc!();
      process.send!("collected");
    };
    channel.postMessage("collect");
  });
} else {
  // The answers of other threads come on the same channel.
  channel.onmessage = ({ data }) => {
    if ((data as unknown) !== "collect") return;
    gc!();
    channel.postMessage("done");
  };
}
