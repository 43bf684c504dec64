// Puts the process of the command into a sandbox, before any thread can open a file for a client: by Landlock, where the
// kernel has it. Threads of Node's pool read files for all other threads, and cannot be restricted once they run; the
// command starts none of them before this.
import { mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { namedFolders } from "../../options/check-folders.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { type Plan, planSandbox, type Surroundings, storageOf } from "./plan.ts";

export type Sandbox =
  | {
      readonly kind: "landlock";
      readonly plan: Plan;
      /** By this descriptor, a thread that was started before restricts itself. */
      readonly ruleset: number;
    }
  | { readonly kind: "none"; readonly reason: string };

const TASKS = "/proc/self/task";
const POOL_THREAD = "libuv-worker";

/** Restricts this thread and all that it starts from now on. Where that cannot be, says why, and nothing has changed. */
export async function enterSandbox(
  options: ResolvedOptions,
  surroundings: Surroundings,
  mode: "auto" | "strict",
): Promise<Sandbox> {
  const landlock = await import("../../linux/landlock.ts").catch(() => undefined);
  if (landlock === undefined) return none("node:ffi is not available");
  const version = landlock.landlockVersion();
  if (version === 0) return none("this kernel has no Landlock, or does not allow it");
  try {
    if (hasPool()) return none("the configuration has started threads that cannot be restricted any more");
    // Rules are about folders that exist.
    for (const folder of storageOf(options)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const plan = planSandbox(options, surroundings, mode);
    const ruleset = landlock.createRuleset(version, plan);
    landlock.restrictThread(ruleset);
    return { kind: "landlock", plan, ruleset };
  } catch (error) {
    return none((error as Error).message);
  }
}

/** The folders that other options name and that cannot be read in the sandbox. */
export function outside(sandbox: Sandbox, options: ResolvedOptions): string[] {
  if (sandbox.kind === "none") return [];
  const allowed = sandbox.plan.rules.map(([path]) => realPathOf(path)).filter((path) => path !== undefined);
  const isAllowed = (folder: string): boolean => {
    const path = realPathOf(folder);
    return path === undefined || allowed.some((one) => path === one || one === "/" || path.startsWith(`${one}/`));
  };
  return namedFolders(options).filter((folder) => !isAllowed(folder));
}

/** In the words of the start line. */
export function describeSandbox(sandbox: Sandbox): string {
  if (sandbox.kind === "none") return `none (${sandbox.reason})`;
  const { sites, written } = sandbox.plan;
  const writes = written.length === 0 ? "writes no files" : `writes to ${written.join(", ")}`;
  return `reads ${sites.join(", ")} and files of the system, ${writes}`;
}

function none(reason: string): Sandbox {
  return { kind: "none", reason };
}

/** Whether Node's pool runs already: it starts with the first file that is read in the background. */
function hasPool(): boolean {
  return readdirSync(TASKS).some((task) => readFileSync(`${TASKS}/${task}/comm`, "latin1").trim() === POOL_THREAD);
}

/** Undefined for what does not exist. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
