// Reloads under load: the configuration file is written anew, SIGHUP is sent, and the next one follows when the command has
// said that it has reloaded. No request and no connection may fail. Every reply says which configuration answered it: on
// one connection none is older than the one before it, and none is older than the last reload that was done when it was asked.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "../test/support/command.ts";
import { makeSite } from "../test/support/site.ts";
import { until } from "../test/support/until.ts";
import { type Case, flagsOf } from "./cases.ts";
import { beginLoad, type Check, PER_CONNECTION_CLIENTS, USUAL_CLIENTS } from "./load.ts";
import type { Outcome } from "./stop.ts";

type Context = Parameters<typeof makeSite>[0];

export interface ReloadPlan {
  readonly requestCount: number;
  readonly reloadCount: number;
}

const CONTENT = "<p>It works.";

export async function reloadUnderLoad(t: Context, one: Case, plan: ReloadPlan): Promise<Outcome> {
  const root = makeSite(t, { "index.html": CONTENT });
  const cwd = makeSite(t);
  configure(cwd, 0);
  const config = join(cwd, "heddle.config.json");
  const command = new Command(t, [root, "--config", config, "--host", "127.0.0.1", "--port", "0", ...flagsOf(one)]);
  const port = Number(new URL(await command.url()).port);
  const { tally, done } = beginLoad(one, {
    port,
    requestCount: plan.requestCount,
    perConnection: one.threads === "per-connection" ? PER_CONNECTION_CLIENTS : USUAL_CLIENTS,
    expect: () => expectations(() => completed),
  });
  let completed = 0;
  for (let reload = 1; reload <= plan.reloadCount; reload++) {
    const at = (plan.requestCount * reload) / (plan.reloadCount + 1);
    await until(() => tally.answeredCount + tally.failures.length >= at || tally.leftCount === 0);
    const before = reloadsIn(command);
    configure(cwd, reload);
    command.kill("SIGHUP");
    await until(() => reloadsIn(command) > before || command.child.exitCode !== null);
    completed = reload;
  }
  await done;
  const mistakes: string[] = [];
  if (reloadsIn(command) < plan.reloadCount) mistakes.push(`${reloadsIn(command)} reloads of ${plan.reloadCount}`);
  command.kill("SIGTERM");
  const status = await command.ended();
  if (status !== 0) mistakes.push(`the server ended with ${status}`);
  if (command.stderr !== "") mistakes.push(`the server wrote: ${command.stderr}`);
  return { tally, mistakes };
}

/** By a rename, so that nobody reads half of it. */
function configure(folder: string, generation: number): void {
  const headers = [{ for: "/*", set: { "x-generation": String(generation) } }];
  writeFileSync(join(folder, "next.json"), JSON.stringify({ headers }));
  renameSync(join(folder, "next.json"), join(folder, "heddle.config.json"));
}

function reloadsIn({ stdout }: Command): number {
  return stdout.split("heddle: reloaded").length - 1;
}

/** @param completed the last configuration that all threads have adopted */
function expectations(completed: () => number): () => Check {
  let newest = 0;
  return () => {
    const oldest = Math.max(newest, completed());
    return ({ status, fields, body }) => {
      const generation = Number(fields.get("x-generation"));
      if (status !== 200 || body.toString() !== CONTENT) return `status ${status} with ${body.length} bytes`;
      if (!(generation >= oldest)) return `configuration ${generation} answered after ${oldest}`;
      newest = Math.max(newest, generation);
      return undefined;
    };
  };
}
