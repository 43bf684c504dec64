// Two readings of the same frames, up to where they part.
import type { Field } from "./field-lists.ts";
import { History } from "./frame-history.ts";
import type { Reading } from "./frame-readings.ts";
import { type Frame, type Step, stepsOf } from "./frame-steps.ts";

/** The first step after which the two servers have done something different. */
export interface Parting {
  /** What we did, joined by ", ". */
  readonly ours: string;
  readonly theirs: string;
  readonly step: Step;
  /** The first frame of the step. */
  readonly frame: Frame;
  /** The fields of its block, if it is one and can be decoded. */
  readonly fields: readonly Field[];
  readonly history: History;
}

/** In place of the preface. */
const NO_FRAME: Frame = { type: -1, flags: 0, stream: 0, payload: Buffer.alloc(0), length: 0 };

/** Whether both have read all, or have ended the connection; or where they part. */
export function compare(bytes: Buffer, ours: Reading, theirs: Reading): "accepted" | "refused" | Parting {
  let index = 0;
  while (index < ours.length && ours[index]!.join() === theirs[index]?.join()) index++;
  if (index === ours.length && index === theirs.length) {
    return ours.at(-1)?.[0]?.startsWith("GOAWAY") === true ? "refused" : "accepted";
  }
  const steps = stepsOf(bytes);
  const step = steps[index]!;
  const history = new History(steps.slice(0, index), ours);
  return {
    ours: ours[index]!.join(", "),
    theirs: theirs[index]!.join(", "),
    step,
    frame: step.frames[0] ?? NO_FRAME,
    fields: history.fieldsOf(step) ?? [],
    history,
  };
}
