// A thread that renders READMEs, one after the other: see readme.ts, which ends it when one takes too long. Only here
// is the Markdown library loaded.
import { parentPort } from "node:worker_threads";
import { renderReadme } from "./readme-html.ts";

parentPort!.on("message", (source: string) => parentPort!.postMessage(renderReadme(source)));
