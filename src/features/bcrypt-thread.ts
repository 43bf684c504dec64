// A thread that verifies one bcrypt hash and ends: see password.ts.
import { parentPort, workerData } from "node:worker_threads";
import { compareSync } from "bcryptjs";

const { password, encoded } = workerData as { password: string; encoded: string };
parentPort!.postMessage(compareSync(password, encoded));
