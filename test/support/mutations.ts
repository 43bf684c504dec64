// Runs many mutated handshakes or records against a server in a process, and watches that process: it must not exit, no thread
// may die, every connection must end, and descriptors and memory must come back to what they were. The same is watched for
// handshakes that are right: full ones, and ones that resume a session.
import { once } from "node:events";
import { connect as connectPlainly } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { AUTHORITIES } from "./certificates.ts";
import { meetHandshake } from "./mutated-handshakes.ts";
import { meetRecords } from "./mutated-records.ts";
import { TlsProcess } from "./tls-process.ts";

export type Subject = "handshakes" | "records" | "full" | "resumed";

export interface Run {
  readonly subject: Subject;
  readonly transport: "kernel" | "portable";
  readonly root: string;
  readonly count: number;
  /** The number of the first case. A case is the same in every run. */
  readonly first: number;
  /** Cases that are under way at once. */
  readonly width: number;
  /** How often the process is measured. */
  readonly measureCount: number;
}

interface Measure {
  readonly count: number;
  readonly residentMiB: number;
  readonly descriptorCount: number;
}

export interface Found {
  /** How connections have ended, with the number of cases. */
  readonly endings: ReadonlyMap<string, number>;
  /** What was wrong, with the numbers of the cases. */
  readonly complaints: ReadonlyMap<string, readonly number[]>;
  readonly measures: readonly Measure[];
}

/** A connection that has not ended until then never does. */
const CASE_TIMEOUT_MS = 20_000;

export async function runMutations(run: Run): Promise<Found> {
  const server = await TlsProcess.start(run.root, run.transport);
  const endings = new Map<string, number>();
  const complaints = new Map<string, number[]>();
  const complain = (text: string, number: number): void =>
    void complaints.set(text, [...(complaints.get(text) ?? []), number]);
  const measures: Measure[] = [];
  try {
    let next = run.first;
    const end = run.first + run.count;
    const step = Math.ceil(run.count / run.measureCount);
    for (let stop = run.first; next < end; ) {
      stop = Math.min(end, stop + step);
      const worker = async (): Promise<void> => {
        while (next < stop) {
          const number = next++;
          const { ending, complaint } = await meet(run, server.port, number);
          endings.set(ending, (endings.get(ending) ?? 0) + 1);
          if (complaint !== undefined) complain(complaint, number);
        }
      };
      await Promise.all(Array.from({ length: run.width }, worker));
      while ((await server.counted()).connections > 0) await wait(20);
      const { residentBytes, descriptorCount } = server;
      measures.push({ count: next - run.first, residentMiB: residentBytes / 2 ** 20, descriptorCount });
    }
    const { deathCount, warnings } = await server.counted();
    if (deathCount > 0) complain(`${deathCount} threads have died`, run.first);
    for (const warning of warnings) complain(warning, run.first);
    await checkCounters(run, server, endings, complain);
  } finally {
    server.stop();
  }
  return { endings, complaints, measures };
}

interface Met {
  readonly ending: string;
  readonly complaint: string | undefined;
}

async function meet(run: Run, port: number, number: number): Promise<Met> {
  const giveUp = new AbortController();
  const timeout = wait(CASE_TIMEOUT_MS, { ending: "none", complaint: "a connection that does not end" }, giveUp);
  const met = metBy[run.subject](run, port, number);
  try {
    return await Promise.race([met, timeout]);
  } catch (error) {
    return { ending: "none", complaint: String(error) };
  } finally {
    giveUp.abort();
    timeout.catch(() => {});
  }
}

const metBy: Readonly<Record<Subject, (run: Run, port: number, number: number) => Promise<Met>>> = {
  handshakes: ofHandshake,
  records: ofRecords,
  full: (_run, port, number) => ofRight(port, number, undefined),
  resumed: async (_run, port, number) => ofRight(port, number, await sessionFor(port)),
};

async function ofHandshake(_run: Run, port: number, number: number): Promise<Met> {
  const { outcome } = await meetHandshake(port, number);
  return { ending: outcome, complaint: /record/.test(outcome) ? outcome : undefined };
}

async function ofRecords({ transport }: Run, port: number, number: number): Promise<Met> {
  const { mistake, found, complaint } = await meetRecords(port, number, transport, { ecdhCurve: "X25519" });
  return { ending: String(found), complaint: complaint && `${mistake}: ${complaint}` };
}

/** A handshake, a request and its reply. */
async function ofRight(port: number, number: number, session: Buffer | undefined): Promise<Met> {
  const socket = openSecurely(port, number, session);
  let isResumed = false;
  socket.on("secureConnect", () => {
    isResumed = socket.isSessionReused();
  });
  let text = "";
  socket.on("data", (part: Buffer) => {
    text += part.toString("latin1");
  });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await once(socket, "close");
  const ending = `${isResumed ? "resumed" : "full"}, ${text.slice(9, 12)}`;
  const isRight = ending === `${session === undefined ? "full" : "resumed"}, 200`;
  return { ending, complaint: isRight ? undefined : ending };
}

/** By the port of the server. */
const sessions = new Map<number, Promise<Buffer>>();

function sessionFor(port: number): Promise<Buffer> {
  const known = sessions.get(port);
  if (known !== undefined) return known;
  const socket = openSecurely(port, 0, undefined);
  const session = once(socket, "session").then(([bytes]) => {
    socket.destroy();
    return bytes as Buffer;
  });
  sessions.set(port, session);
  return session;
}

function openSecurely(port: number, number: number, session: Buffer | undefined): TLSSocket {
  const localAddress = `127.0.0.${2 + (number % 250)}`;
  return connect({
    socket: connectPlainly({ port, host: "127.0.0.1", localAddress }),
    servername: "localhost",
    ca: [...AUTHORITIES],
    ecdhCurve: "X25519",
    ...(session && { session }),
  }).on("error", () => {});
}

/** Every handshake that has failed by a mistake of the client was answered with an alert. */
async function checkCounters(
  { subject, first }: Run,
  server: TlsProcess,
  endings: ReadonlyMap<string, number>,
  complain: (text: string, number: number) => void,
): Promise<void> {
  if (subject !== "handshakes") return;
  const { failures } = await server.counted();
  const failed = ["malformed", "version", "algorithms", "protocol"].reduce((sum, reason) => sum + failures[reason]!, 0);
  const alerts = [...endings].reduce((sum, [ending, count]) => sum + (/alert|not TLS/.test(ending) ? count : 0), 0);
  if (alerts < failed) complain(`${failed} handshakes have failed, and ${alerts} alerts came`, first);
}
