// What runs in a thread: the handler, a transport, and obedience to the supervisor. The thread owns its
// connections from accept (or transfer) to close; it ends by itself when it is told to and the last is closed.
import type { Server } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { createOpener } from "../content/containment.ts";
import { ENCODER_SHARE, ENCODING_LIMIT_BYTES, PENDING_LIMIT_BYTES } from "../content/encoder.ts";
import { OPEN_FILE_LIMIT_COUNT } from "../content/plan-cache.ts";
import { createHosts } from "../hosts.ts";
import type { Opener } from "../http/file.ts";
import { Lasting } from "../lasting.ts";
import type { ResolvedOptions } from "../options.ts";
import type { KernelTransport } from "../transport/kernel/transport.ts";
import type { PortableTransport, TransportHooks } from "../transport/portable/transport.ts";
import { Fellows, ThreadCounters } from "./counters.ts";
import { describeError } from "./describe-error.ts";
import { EncoderClient } from "./encoder-client.ts";
import { type FromThread, HEARTBEAT_MS, type Report, type StartData, type ToThread } from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { sparingly } from "./sparingly.ts";
import { type ClosableHandler, ThreadHandler } from "./thread-handler.ts";

const port = parentPort!;
/** What a reload changes of the options is the handler's; all that is used here was settled at the start. */
const { options, number, slot, counters: memory, kernel, threadCount } = workerData as StartData;
const counters = new ThreadCounters(memory, slot);
const fellows = new Fellows(memory, threadCount);
const outbox = new Outbox((reports) => tell({ kind: "reports", reports }));
// With the root gone or the descriptors used up, every request fails alike: that must not fill a log.
const warnOfError = sparingly((text) => report("warning", text));

// At least one file of any size that is encoded at all.
const pendingLimitBytes = Math.max(PENDING_LIMIT_BYTES / threadCount, ENCODING_LIMIT_BYTES);
const encoder = new EncoderClient(() => tell({ kind: "encoder-wanted" }), pendingLimitBytes);
const lasting = new Lasting();
const openerFor = kernel === undefined ? undefined : await newKernelOpeners();
/** How bytes reach the sockets: by system calls, where the supervisor has found that to work, or by node:net. */
let kernelTransport: KernelTransport | undefined;
const handler = new ThreadHandler(newHandler, options);
const hooks: TransportHooks = {
  counters,
  onTrace: options.trace ? (text) => report("trace", text.replace(/^/gm, `thread ${number} `)) : undefined,
  onError,
};
if (kernel !== undefined) kernelTransport = await newKernelTransport();
const portableTransport = kernel === undefined ? await newPortableTransport() : undefined;
const transport: KernelTransport | PortableTransport = (kernelTransport ?? portableTransport)!;

const heartbeat = setInterval(beat, HEARTBEAT_MS);
/** The listening socket, when this thread has one of its own. */
let server: Server | undefined;
let isFinished = false;

beat();
port.on("message", obey);
tell({ kind: "ready" });

function newHandler({
  site,
  sites,
  revalidateMs,
  cacheLimitBytes,
  encodedLimitBytes,
}: ResolvedOptions): ClosableHandler {
  const shared = {
    site,
    openerFor,
    revalidateMs,
    cacheLimitBytes: Math.floor(cacheLimitBytes / threadCount),
    encoder,
    lasting,
    encodedLimitBytes: Math.floor((encodedLimitBytes * (1 - ENCODER_SHARE)) / threadCount),
    openFileLimitCount: Math.ceil(OPEN_FILE_LIMIT_COUNT / threadCount),
    // The kernel transport reads the clock once for all that a wait has found.
    now: () => kernelTransport?.wallMs ?? Date.now(),
    onError,
  };
  return createHosts(shared, sites);
}

/** Loaded only where it is used, as each transport is: it needs node:ffi. */
async function newKernelOpeners(): Promise<(root: string) => Opener> {
  const { createKernelOpener } = await import("../transport/kernel/opener.ts");
  // All threads find the same, for every root: one says it, once.
  let isSaid = slot !== 0;
  return (root) =>
    createKernelOpener(root, createOpener(root), (reason) => {
      if (!isSaid) report("warning", `files are opened in the slower way, which is as safe (${reason})`);
      isSaid = true;
    });
}

async function newKernelTransport(): Promise<KernelTransport> {
  const { KernelTransport } = await import("../transport/kernel/transport.ts");
  const connectionLimitCount = Math.ceil(options.connectionLimitCount / threadCount);
  const shared = { ...kernel!, slot, slotCount: threadCount, load: (other: number) => fellows.load(other) };
  return new KernelTransport(handler, { limits: options.limits, connectionLimitCount }, hooks, shared);
}

/** node:net and the streams around it are a tenth of what a thread costs to start. */
async function newPortableTransport(): Promise<PortableTransport> {
  const { PortableTransport } = await import("../transport/portable/transport.ts");
  return new PortableTransport(handler, options, hooks);
}

function beat(): void {
  counters.beat();
  // Nothing is handed on where each connection has a thread, and these are many.
  if (options.mode === "pool") fellows.look();
}

function obey(message: ToThread): void {
  switch (message.kind) {
    case "listen":
      return listen(message.server);
    case "accept":
      return accept(message.fd);
    case "connection":
      portableTransport?.serve(message.socket);
      if (options.mode === "per-connection") finishWhenEmpty();
      return;
    case "drain":
      server?.close();
      transport.drain();
      return finishWhenEmpty();
    case "destroy":
      return transport.destroy();
    case "reports-taken":
      return outbox.taken();
    case "encoder":
      return encoder.connect(message.port);
    case "prepare":
      return done(() => handler.prepare(message.options));
    case "adopt":
      return done(() => handler.adopt());
    case "discard":
      return handler.discard();
    default:
      message satisfies never;
  }
}

function done(act: () => void): void {
  try {
    act();
    tell({ kind: "done", failure: undefined });
  } catch (error) {
    tell({ kind: "done", failure: describeError(error) });
  }
}

function accept(fd: number): void {
  if (options.mode === "pool") return kernelTransport?.listen(fd);
  kernelTransport?.acceptOne(fd, () => {
    tell({ kind: "taken" });
    finishWhenEmpty();
  });
}

function listen(listening: Server): void {
  server = listening;
  server.maxConnections = Math.ceil(options.connectionLimitCount / threadCount);
  server.on("connection", (socket) => portableTransport?.serve(socket));
  // Out of descriptors, most likely: that costs the connection, not the thread.
  const warn = sparingly((text) => report("warning", `thread ${number} could not accept: ${text}`));
  server.on("error", (error) => warn(error.message));
}

function finishWhenEmpty(): void {
  void transport.whenEmpty().then(finish);
}

/** Drops what keeps the event loop turning; the thread ends when the last of it has. */
function finish(): void {
  if (isFinished) return;
  isFinished = true;
  clearInterval(heartbeat);
  kernelTransport?.stop();
  handler.close();
  encoder.close();
  outbox.flush();
  tell({ kind: "finished" });
  port.close();
}

function onError(error: unknown): void {
  warnOfError(`thread ${number}: ${describeError(error)}`);
}

function report(kind: Report["kind"], text: string): void {
  outbox.add({ kind, text });
}

function tell(message: FromThread): void {
  port.postMessage(message);
}
