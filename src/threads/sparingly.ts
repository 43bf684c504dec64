// Warnings that a flood of connections could repeat thousands of times a second: said at most once in a
// while, with the number of those that were not said.

const INTERVAL_MS = 1_000;

/** @returns `warn`, called at most once a second */
export function sparingly(
  warn: (text: string) => void,
  now: () => number = () => performance.now(),
): (text: string) => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let unsaidCount = 0;
  return (text) => {
    if (now() < quietUntil) {
      unsaidCount++;
      return;
    }
    quietUntil = now() + INTERVAL_MS;
    warn(unsaidCount === 0 ? text : `${text} (and ${unsaidCount} times before)`);
    unsaidCount = 0;
  };
}
