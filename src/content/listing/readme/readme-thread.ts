// A thread that renders READMEs, one after the other: see readme.ts, which ends it when one takes too long. Only here
// is the Markdown library loaded.
import { answerJobs } from "../../../workers/answer-jobs.ts";
import { renderReadme } from "./readme-html.ts";

answerJobs(renderReadme);
