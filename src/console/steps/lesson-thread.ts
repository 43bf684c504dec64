// Entry point of a learner's thread: one for each learner, from the first click to the last. It listens on a port of its own, and
// no other connection of the server comes here. Descriptors belong to the process, so it closes them before it ends.
import { parentPort, workerData } from "node:worker_threads";
import { newTellingHandler, serverFacts } from "../../explain/explain.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { Gate, LessonEnded } from "./gate.ts";
import { Lesson } from "./lesson.ts";
import type { ToldByThread } from "./step.ts";
import { StoppedSteps } from "./stopped-steps.ts";
import type { Wire } from "./wire.ts";

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
  const wire = await newWire(gate);
  try {
    const lesson = new Lesson({ wire, gate, limits: options.limits, tell });
    const { port, path } = await lesson.listen();
    tell({ kind: "listens", port, path });
    tell({ kind: "open", port, transport });
    const handler = await newHandler(lesson);
    try {
      return await lesson.run(handler);
    } finally {
      handler.close();
    }
  } finally {
    wire.close();
  }
}

async function newWire(gate: Gate): Promise<Wire> {
  if (transport === "kernel") return new (await import("./kernel-wire.ts")).KernelWire(gate);
  return new (await import("./portable-wire.ts")).PortableWire(gate);
}

/** The sites of the server, and its limits, as `heddle explain` asks them. */
function newHandler(lesson: Lesson): ReturnType<typeof newTellingHandler> {
  const { site, sites } = options;
  const say = (step: string, what: string): void => lesson.say(step, what);
  return newTellingHandler(
    site,
    sites,
    { ...serverFacts(options), isSecure: false, from: "127.0.0.1" },
    {
      say,
      steps: new StoppedSteps(site, sites, lesson),
      onError: (error) => say("mistake", String(error)),
      tally: { countReply: () => {}, countEviction: () => {}, countFound: (how) => lesson.found(how) },
    },
  );
}
