// `heddle top [address|socket]`: the live page in a terminal. Without a terminal, or with --once, prints one snapshot.
import { styleText } from "node:util";
import { printable } from "../../telemetry/printable.ts";
import { glyphsFor } from "../top/glyphs.ts";
import { History } from "../top/history.ts";
import { live } from "../top/live.ts";
import { type Place, PlaceError, placeOf } from "../top/place.ts";
import { ReadError, snapshots } from "../top/reader.ts";
import { plain } from "../top/screen.ts";
import { painted } from "../top/text.ts";
import type { Io } from "./io.ts";

/** Rates need two snapshots, and threads show their samples in the second. */
const ONCE_COUNT = 3;

const FLAGS: ReadonlySet<string> = new Set(["--once", "--json"]);

/** @returns the exit status: 0, 1 when nothing answers, 2 for other arguments */
export async function top(argv: readonly string[], io: Io): Promise<number> {
  const words = argv.filter((word) => !FLAGS.has(word));
  const unknown = words.find((word) => word.startsWith("-")) ?? words[1];
  if (unknown !== undefined) return failed(io, `top takes one address, --once and --json, not ${unknown}`, 2);
  try {
    const place = placeOf(words[0], io.cwd);
    const isLive = io.stdout.isTTY === true && process.stdin.isTTY && io.environment["TERM"] !== "dumb";
    if (isLive && words.length === argv.length) await watch(place, io);
    else io.stdout.write(await once(place, argv.includes("--json"), io));
    return 0;
  } catch (error) {
    if (error instanceof PlaceError) return failed(io, error.message, 2);
    if (error instanceof ReadError) return failed(io, error.message, 1);
    throw error;
  }
}

function watch(place: Place, { environment }: Io): Promise<void> {
  const glyphs = glyphsFor(environment, process.platform);
  return live({ place, glyphs, paint: styleText }, process.stdin, process.stdout);
}

async function once(place: Place, isJson: boolean, io: Io): Promise<string> {
  const history = new History();
  let count = 0;
  for await (const seen of snapshots(place, io.signal)) {
    history.push(seen);
    if (++count === ONCE_COUNT) break;
  }
  const { shown } = history;
  if (shown === undefined) throw new ReadError(`${place.name} has ended the connection`);
  if (isJson) return `${JSON.stringify({ ...shown.now, rates: shown.rates })}\n`;
  const lines = plain(shown, glyphsFor(io.environment, process.platform));
  return lines.map((line) => `${painted(line, (_, text) => text).trimEnd()}\n`).join("");
}

function failed({ stderr }: Io, reason: string, code: number): number {
  stderr.write(`heddle: ${printable(reason)}\n`);
  return code;
}
