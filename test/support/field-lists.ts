// Lists of fields for tests of HPACK: what a section holds, and random lists in which names and values come again.
import type { FieldSection } from "../../src/hpack/field-section.ts";
import { LINE_STRIDE } from "../../src/http/request-head.ts";
import type { Random } from "./request-generator.ts";

/** A field in Latin-1, which here may hold any byte. */
export type Field = readonly [name: string, value: string];

const PSEUDO_NAMES = [":method", ":scheme", ":authority", ":path"];

/** The pseudo-fields in a fixed order, and then the lines in theirs. */
export function fieldsOf(section: FieldSection): Field[] {
  const { bytes, lines, pseudo, pseudoPresent, lineCount } = section;
  const text = (start: number, end: number): string => bytes.toString("latin1", start, end);
  const fields = PSEUDO_NAMES.map((name, i): Field => [name, text(pseudo[i * 2]!, pseudo[i * 2 + 1]!)]).filter(
    (_, i) => (pseudoPresent & (1 << i)) !== 0,
  );
  for (let at = 0; at < lineCount * LINE_STRIDE; at += LINE_STRIDE) {
    fields.push([text(lines[at]!, lines[at + 1]!), text(lines[at + 2]!, lines[at + 3]!)]);
  }
  return fields;
}

/** The same fields in the order of `fieldsOf`. A pseudo-field that is there twice counts once, with its last value. */
export function sectionOrder(fields: readonly Field[]): Field[] {
  const pseudo = PSEUDO_NAMES.flatMap((name) => fields.filter(([other]) => other === name).slice(-1));
  return [...pseudo, ...fields.filter(([name]) => !PSEUDO_NAMES.includes(name))];
}

const NAMES = [
  ...PSEUDO_NAMES,
  ":status",
  "accept",
  "accept-encoding",
  "cache-control",
  "content-type",
  "cookie",
  "priority",
  "te",
  "user-agent",
  "x-content-type-options",
];
const VALUES = [
  "",
  "GET",
  "/",
  "https",
  "200",
  "gzip, deflate",
  "text/html; charset=utf-8",
  "no-cache",
  "u=1, i",
  "\0",
];

/** A field of a request or a reply, or one of random bytes. Most come again and again. */
export function randomField(random: Random): Field {
  const name = random.once(6) ? randomText(random, 20) : random.pick(NAMES);
  return [name, random.once(3) ? randomText(random, random.once(20) ? 5000 : 60) : random.pick(VALUES)];
}

/** Bytes of any value, of letters and digits, or few different ones, so that entries are found again. */
export function randomText(random: Random, mostLength: number): string {
  const [first, count] = random.pick([
    [0, 256],
    [0x20, 95],
    [0x30, 75],
    [0x61, 2],
  ] as const);
  const codes = Array.from({ length: random.below(mostLength) }, () => first + random.below(count));
  return String.fromCharCode(...codes);
}
