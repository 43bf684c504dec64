// Empty Node threads, started one after the other: what a thread costs before it does anything. Prints what each takes, and
// the memory of the whole process, as JSON.
//
//   node bench/peers/node-threads.js <count>
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const count = Number(process.argv[2]);
const before = { cpu: process.cpuUsage(), resident: process.memoryUsage.rss(), at: performance.now() };
for (let index = 0; index < count; index++) {
  const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', { eval: true });
  await once(worker, "online");
}
const seconds = (performance.now() - before.at) / 1000;
const { user, system } = process.cpuUsage(before.cpu);
await sleep(1000);
const residentBytes = process.memoryUsage.rss();
const each = { cpuMs: (user + system) / 1000 / count, bytes: (residentBytes - before.resident) / count };
console.log(JSON.stringify({ ...each, perSecond: count / seconds, residentBytes }));
process.exit(0);
