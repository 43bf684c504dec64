// A thread that reads one configuration and ends, so that no module of an earlier reading stays (config-file.ts).
import { answerJobs } from "../../workers/answer-jobs.ts";
import { type LoadedInThread, loadConfig } from "./config-file.ts";

answerJobs(async (file: string): Promise<LoadedInThread> => {
  try {
    // Cloned here, where this error can be told from others. A value that cannot be cloned cannot be sent either.
    return { options: structuredClone(await loadConfig(file)) };
  } catch (error) {
    const failure =
      error instanceof DOMException
        ? `${file}: found a value that cannot be copied, such as a function: export only plain values`
        : (error as Error).message;
    return { failure };
  }
});
