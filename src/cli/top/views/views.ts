// The views of `heddle top`, in the order of the keys.
import { connections } from "./connections.ts";
import { refusals } from "./refusals.ts";
import { requests } from "./requests.ts";
import { threads } from "./threads.ts";
import type { View } from "./view.ts";

export type ViewName = "threads" | "connections" | "requests" | "refusals";

export const VIEWS: Readonly<Record<ViewName, View>> = { threads, connections, requests, refusals };

export const VIEW_NAMES = Object.keys(VIEWS) as readonly ViewName[];
