// What the admin listener is told of the server, anew each time that it asks.
import type { ResolvedOptions } from "../options/resolved-options.ts";
import type { Samples, SupervisedMetrics, ThreadsSnapshot } from "../threads/supervisor/events.ts";

/** Where a server is on its way from start to end. */
export type Phase = "starting" | "serving" | "stopping";

export interface AdminView {
  readonly phase: Phase;
  readonly threads: ThreadsSnapshot;
  readonly metrics: SupervisedMetrics;
  /** Empty while nobody looks at the live page. */
  readonly samples: Samples;
  readonly options: ResolvedOptions;
  /** Undefined until the threads have started. */
  readonly transport: "kernel" | "portable" | undefined;
  /** Addresses where clients may use Multipath TCP. */
  readonly mptcpAddressCount: number;
  /** Empty without HTTPS. */
  readonly certificates: readonly { readonly names: readonly string[]; readonly expiresAt: number }[];
  readonly reloads: Reloads;
}

/** Reloads of the configuration or of files in the roots. */
interface Reloads {
  readonly succeeded: number;
  readonly failed: number;
  /** When the options in use came: the start, or the last reload that succeeded. */
  readonly lastSuccessMs: number;
}
