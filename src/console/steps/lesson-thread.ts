// Entry point of a learner's thread: one for each learner, from the first click to the last. It listens on a port of its own, and
// no other connection of the server comes here. Descriptors belong to the process, so it closes them before it ends.
import { parentPort, workerData } from "node:worker_threads";
import { newTellingHandler, serverFacts } from "../../explain/explain.ts";
import type { Opener } from "../../files/opener.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import type { ClosableHandler } from "../../site/handler.ts";
import { Gate, LessonEnded } from "./gate.ts";
import type { HandlerStops } from "./handler-stops.ts";
import { Lesson } from "./lesson.ts";
import { PortableWire } from "./portable-wire.ts";
import type { ToldByThread } from "./step.ts";
import { StoppedSteps } from "./stopped-steps.ts";
import { CallLog, type Wire } from "./wire.ts";

/** The `workerData` of a learner's thread. */
export interface LessonData {
  readonly options: ResolvedOptions;
  readonly transport: "kernel" | "portable";
  /** Of the gate. */
  readonly memory: SharedArrayBuffer;
}

/** From the thread: what is told, and, once, where its own client can connect without a network. */
export type FromLesson =
  | ToldByThread
  | { readonly kind: "listens"; readonly port: number; readonly path: string | undefined };

const { options, transport, memory } = workerData as LessonData;
const tell = (message: FromLesson): void => parentPort!.postMessage(message);

try {
  await teach();
} catch (error) {
  if (!(error instanceof LessonEnded)) throw error;
  tell({ kind: "ended", why: error.message });
}

async function teach(): Promise<never> {
  const gate = new Gate(memory);
  const [log, lookups] = [new CallLog(8), new CallLog(24)];
  const wire = await newWire(gate, log);
  try {
    const lesson = new Lesson({ wire, log, lookups, gate, limits: options.limits, tell });
    const { port, path } = await lesson.listen();
    tell({ kind: "listens", port, path });
    tell({ kind: "open", port, transport });
    const handler = await newHandler(lesson.stops, (root) => wire.newOpener(root, lookups));
    try {
      return await lesson.run(handler);
    } finally {
      handler.close();
    }
  } finally {
    wire.close();
  }
}

/** Without node:ffi, the modules of the kernel transport cannot even be loaded. */
async function newWire(gate: Gate, log: CallLog): Promise<Wire> {
  if (transport === "portable") return new PortableWire(gate, log);
  const { KernelWire } = await import("./kernel-wire.ts");
  return new KernelWire(gate, log);
}

/** The sites of the server, and its limits, as `heddle explain` asks them. */
function newHandler(stops: HandlerStops, openerFor: (root: string) => Opener): Promise<ClosableHandler> {
  const { site, sites } = options;
  const say = (step: string, what: string): void => stops.say(step, what);
  return newTellingHandler(
    site,
    sites,
    { ...serverFacts(options), isSecure: false, from: "127.0.0.1" },
    {
      say,
      steps: new StoppedSteps(site, sites, stops),
      openerFor,
      onError: (error) => say("mistake", String(error)),
      tally: { countReply: () => {}, countEviction: () => {}, countFound: (how) => stops.found(how) },
    },
  );
}
