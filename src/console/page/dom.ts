// Elements from TypeScript, and how numbers are written. Text only ever becomes text: nothing that a client has sent can
// become markup.

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string = "",
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/** Does nothing where it would change nothing, so that the page is not laid out again. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A table with a heading that only screen readers need where the section has one. */
export function table(
  label: string,
  headings: readonly string[],
  rows: readonly HTMLTableRowElement[],
): HTMLTableElement {
  const head = element("tr");
  for (const text of headings) {
    const cell = element("th", isNumeric(text) ? "n" : "", text);
    cell.scope = "col";
    head.append(cell);
  }
  const made = element("table", "", element("thead", "", head), element("tbody", "", ...rows));
  made.setAttribute("aria-label", label);
  return made;
}

const NUMERIC: ReadonlySet<string> = new Set(["Bytes", "Took", "Count", "Status"]);

function isNumeric(heading: string): boolean {
  return NUMERIC.has(heading);
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export function count(value: number): string {
  return value < 10 && !Number.isInteger(value) ? short.format(value) : whole.format(value);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number): string {
  let [rest, unit] = [value, 0];
  while (rest >= 1024 && unit < UNITS.length - 1) [rest, unit] = [rest / 1024, unit + 1];
  return `${unit === 0 ? whole.format(rest) : short.format(rest)} ${UNITS[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 1) return `${whole.format(ms * 1000)} µs`;
  return ms < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`;
}

export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

export function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}
