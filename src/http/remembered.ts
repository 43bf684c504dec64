// What values of a field mean, kept from one request to the next. Browsers send a handful of different values of Accept
// and Accept-Encoding, so nearly no request has to be parsed.

/** Different values that are kept. Invented ones must not fill the memory. */
const KEPT_COUNT = 64;

/** @returns the same function of a field value, which remembers its results */
export function remembered<T>(read: (value: string | undefined) => T): (value: string | undefined) => T {
  const kept = new Map<string | undefined, T>();
  // Nearly all requests have the same value, and a look-up by a string costs more than a comparison.
  let lastValue: string | undefined;
  let last: T | undefined;
  return (value) => {
    if (last !== undefined && value === lastValue) return last;
    let result = kept.get(value);
    if (result === undefined) {
      result = read(value);
      if (kept.size >= KEPT_COUNT) kept.clear();
      kept.set(value, result);
    }
    lastValue = value;
    last = result;
    return result;
  };
}
