// A flood of connections could repeat one warning thousands of times a second. With this limit it is written once a
// second, with the number of repetitions that were left out.

const INTERVAL_MS = 1_000;

/** @returns `warn`, called at most once a second */
export function rateLimited(
  warn: (text: string) => void,
  now: () => number = () => performance.now(),
): (text: string) => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let omittedCount = 0;
  return (text) => {
    if (now() < quietUntil) {
      omittedCount++;
      return;
    }
    quietUntil = now() + INTERVAL_MS;
    warn(omittedCount === 0 ? text : `${text} (and ${omittedCount} times before)`);
    omittedCount = 0;
  };
}
