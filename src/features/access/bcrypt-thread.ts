// A thread that verifies one bcrypt hash: see password.ts. Only here is the bcrypt library loaded.
import { compareSync } from "bcryptjs";
import { answerJobs } from "../../workers/answer-jobs.ts";

export interface BcryptJob {
  readonly password: string;
  readonly encoded: string;
}

answerJobs(({ password, encoded }: BcryptJob) => compareSync(password, encoded));
