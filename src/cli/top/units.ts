// Numbers as people read them in a narrow column.

const THOUSAND = 1000;

/** From here on, the last digits of a count say nothing. */
const LARGE_COUNT = 100_000;

/** "0", "0.25", "8.3", "16384", "120k", "34M". */
export function count(value: number): string {
  if (Number.isInteger(value) && value < LARGE_COUNT) return String(value);
  return scaled(value, ["", "k", "M", "G", "T"]);
}

/** "0 B", "1.2 kB", "34 MB". */
export function bytes(value: number): string {
  return scaled(value, [" B", " kB", " MB", " GB", " TB", " PB"]);
}

/** "0.12 ms", "34 ms", "1.2 s". */
export function duration(ms: number): string {
  return ms < THOUSAND ? `${short(ms)} ms` : `${short(ms / THOUSAND)} s`;
}

/** "4:05", "3:04:05", "2 d 03:04". */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / THOUSAND));
  const [s, m, h, days] = [
    seconds % 60,
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds / 3600) % 24,
    seconds / 86_400,
  ];
  const two = (value: number): string => String(value).padStart(2, "0");
  if (days >= 1) return `${Math.floor(days)} d ${two(h)}:${two(m)}`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "21:04:05", in the time zone of the reader. */
export function clock(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function scaled(value: number, units: readonly string[]): string {
  let index = 0;
  let rest = value;
  // 999.6 would be written as 1000.
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= THOUSAND;
    index++;
  }
  return short(rest) + units[index]!;
}

/** Two digits, or three: "0.12", "1.2", "34", "345". A whole number has no point. */
function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  // 0.996 is rounded to 1.0, and 9.96 to 10.
  const digits = value < 0.995 ? 2 : value < 9.95 ? 1 : 0;
  return value.toFixed(digits);
}
