// Restarts under load: SIGTERM in the middle of the load, again and again, and the next server takes the port when the
// former has exited. A request may not fail; a connect may be refused while nobody listens, and is tried again.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "../test/support/command.ts";
import { freePort } from "../test/support/free-port.ts";
import type { RawResponse } from "../test/support/raw-client.ts";
import { makeSite } from "../test/support/site.ts";
import { until } from "../test/support/until.ts";
import { type Case, flagsOf } from "./cases.ts";
import { beginLoad, PER_CONNECTION_CLIENTS, type Tally, USUAL_CLIENTS } from "./load.ts";

type Context = Parameters<typeof makeSite>[0];

export interface StopPlan {
  readonly requestCount: number;
  readonly restartCount: number;
}

export interface Outcome {
  readonly tally: Tally;
  /** What went wrong besides requests. */
  readonly mistakes: readonly string[];
}

const CONTENT = "<p>It works.";

export async function stopUnderLoad(t: Context, one: Case, plan: StopPlan): Promise<Outcome> {
  const root = makeSite(t, { "index.html": CONTENT });
  const logFile = join(makeSite(t), "access.log");
  const port = await freePort();
  const start = async (): Promise<Command> => {
    const log = ["--log", "{status} {complete}", "--log-file", logFile];
    const flags = ["--no-config", "--host", "127.0.0.1", "--port", String(port), ...log, ...flagsOf(one)];
    const command = new Command(t, [root, ...flags]);
    await command.url();
    return command;
  };
  const mistakes: string[] = [];
  let server = await start();
  const { tally, done } = beginLoad(one, {
    port,
    requestCount: plan.requestCount,
    perConnection: one.threads === "per-connection" ? PER_CONNECTION_CLIENTS : USUAL_CLIENTS,
    expect: () => () => mistakeIn,
  });
  for (let restart = 1; restart <= plan.restartCount; restart++) {
    const at = (plan.requestCount * restart) / (plan.restartCount + 1);
    await until(() => tally.answeredCount + tally.failures.length >= at || tally.leftCount === 0);
    mistakes.push(...(await stop(server)));
    server = await start();
  }
  await done;
  mistakes.push(...(await stop(server)));
  const lineCount = readFileSync(logFile, "latin1").split("200 yes\n").length - 1;
  if (lineCount !== tally.answeredCount) mistakes.push(`${lineCount} replies are in the logs`);
  return { tally, mistakes };
}

/** SIGTERM. The command exits by itself, with 0, and has nothing to complain about. */
async function stop(server: Command): Promise<string[]> {
  server.kill("SIGTERM");
  const status = await server.ended();
  return [
    ...(status === 0 ? [] : [`the server ended with ${status}`]),
    ...(server.stderr === "" ? [] : [`the server wrote: ${server.stderr}`]),
  ];
}

function mistakeIn({ status, body }: RawResponse): string | undefined {
  if (status !== 200) return `status ${status}`;
  return body.toString() === CONTENT ? undefined : `another content: ${body.toString("latin1", 0, 100)}`;
}
