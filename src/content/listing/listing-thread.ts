// A thread that sorts and writes the listings of large folders, one after the other: see lister.ts, which ends it.
import { answerJobs } from "../../workers/answer-jobs.ts";
import { writeListing } from "./write.ts";

answerJobs(writeListing, ({ bytes }) => [bytes.buffer]);
