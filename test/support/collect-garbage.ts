// Preloaded (--import, with --expose-gc) into each thread of a process whose memory is measured. When the main
// thread's process is told to, every thread collects its garbage, and the process answers when all have.
import { isMainThread } from "node:worker_threads";

/** Unlike a port, it reaches threads that others have started. */
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
  // Others hear it too, and have no one to tell.
  channel.onmessage = ({ data }) => {
    if ((data as unknown) !== "collect") return;
    gc!();
    channel.postMessage("done");
  };
}
