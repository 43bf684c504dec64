// Ctrl+C and SIGTERM: the first one stops in good order, a second one ends the process.
import { constants } from "node:os";

/** npm passes on a Ctrl+C that the terminal sends as well, measured 4 ms apart. No person is this quick. */
const SAME_PRESS_MS = 200;

/**
 * @param stop aborted by the first signal
 * @param onFirst called before that, with the name of the signal
 */
export function stopOnSignals(stop: AbortController, onFirst: (signal: string) => void = () => {}): void {
  let stoppingSince: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (performance.now() - stoppingSince < SAME_PRESS_MS) return;
        // The status that shells give to a process ended by a signal.
        process.exit(128 + constants.signals[signal]);
      }
      stoppingSince = performance.now();
      onFirst(signal);
      stop.abort();
    });
  }
}
