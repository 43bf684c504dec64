// What the page of the step mode may ask for, by POST: /console/steps/<act>.

export const STEP_ACTS = ["open", "next", "run", "send", "finish", "end"] as const;
export type StepAct = (typeof STEP_ACTS)[number];
