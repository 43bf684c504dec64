// Field names and field values: the names that the server knows, the bytes that each may contain, and the small
// grammars that fields share (lists, tokens, quoted strings, parameters). The meaning of a single field is in the file
// of its subject; `http1/` finds the field lines in a message.

/**
 * The fields that the server reads. The order is fixed: the place of a name is its bit in the mask that `Request.has`
 * takes, so at most 31 fit. `Request.field` finds any other field too, but more slowly.
 */
export const KNOWN_FIELDS = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "origin",
  "referer",
  "user-agent",
  "cookie",
  "content-type",
  "access-control-request-method",
  "access-control-request-headers",
  "sec-fetch-mode",
  "sec-fetch-dest",
  "available-dictionary",
  "want-repr-digest",
  "want-content-digest",
] as const;

export type KnownField = (typeof KNOWN_FIELDS)[number];

/** `1 << index` for each known name. */
export const FIELD_BIT: Readonly<Record<KnownField, number>> = Object.freeze(
  Object.fromEntries(KNOWN_FIELDS.map((name, index) => [name, 1 << index])) as Record<KnownField, number>,
);

/** RFC 9110 §5.6.2: 1 for each byte that a token may contain. */
export const TOKEN_BYTES: Uint8Array = new Uint8Array(256);
for (const byte of Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
  TOKEN_BYTES[byte] = 1;
}

/** RFC 9110 §5.5: 1 for HTAB, SP, VCHAR and obs-text, the bytes that a field value may contain. */
export const FIELD_VALUE_BYTES: Uint8Array = new Uint8Array(256).fill(1, 0x20);
FIELD_VALUE_BYTES[0x09] = 1;
FIELD_VALUE_BYTES[0x7f] = 0;

// A perfect hash: with the factors of `nameSlot`, length, first and last letter give each name its own slot of 64 (the
// tests look every name up), so one comparison decides. Names lie in rows of 32 bytes, which are compared four bytes at
// a time: with a browser's 16 names that took 12 ns a name instead of 18.
const NAME_ROW_LENGTH = 32;
const NAME_BYTES = new Uint8Array(KNOWN_FIELDS.length * NAME_ROW_LENGTH);
const NAME_WORDS = new Int32Array(NAME_BYTES.length / 4);
const NAME_LENGTHS = new Uint8Array(KNOWN_FIELDS.length);
const NAME_SLOTS = new Int8Array(64).fill(-1);
for (const [index, name] of KNOWN_FIELDS.entries()) {
  const bytes = Buffer.from(name, "latin1");
  NAME_BYTES.set(bytes, index * NAME_ROW_LENGTH);
  NAME_LENGTHS[index] = bytes.length;
  NAME_SLOTS[nameSlot(bytes, 0, bytes.length)] = index;
}
for (let word = 0; word < NAME_WORDS.length; word++) NAME_WORDS[word] = wordAt(NAME_BYTES, word * 4);

/**
 * The place in `KNOWN_FIELDS` of the field name in these bytes, in any case, or -1. The bytes must be token bytes,
 * which the head parser has checked: setting bit 0x20 then folds letters, and no other token byte becomes one of a
 * known name. This runs once for every field line, so it makes no string.
 */
export function knownFieldAt(memory: Uint8Array, start: number, end: number): number {
  const index = NAME_SLOTS[nameSlot(memory, start, end)]!;
  if (index < 0 || NAME_LENGTHS[index] !== end - start) return -1;
  let place = index * NAME_ROW_LENGTH;
  let offset = start;
  for (; offset + 4 <= end; offset += 4, place += 4) {
    if ((wordAt(memory, offset) | 0x20202020) !== NAME_WORDS[place >> 2]) return -1;
  }
  for (; offset < end; offset++, place++) {
    if ((memory[offset]! | 0x20) !== NAME_BYTES[place]) return -1;
  }
  return index;
}

function nameSlot(memory: Uint8Array, start: number, end: number): number {
  return (((end - start) << 3) + 9 * (memory[start]! | 0x20) + (memory[end - 1]! | 0x20)) & 63;
}

function wordAt(memory: Uint8Array, offset: number): number {
  return memory[offset]! | (memory[offset + 1]! << 8) | (memory[offset + 2]! << 16) | (memory[offset + 3]! << 24);
}

/** RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  for (let offset = 0; offset < text.length; offset++) {
    if (TOKEN_BYTES[text.charCodeAt(offset)] !== 1) return false;
  }
  return text.length > 0;
}

/**
 * The elements of a comma-separated list, RFC 9110 §5.6.1, without the white space around them and without empty ones.
 * A comma in a quoted string separates nothing; a quote that is never closed extends to the end. Do not use this for
 * entity tags, where a backslash is an ordinary character: see `parseEntityTags`.
 */
export function splitList(value: string): string[] {
  if (!value.includes('"')) return value.split(",").map(trimWhitespace).filter(Boolean);
  const elements: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let offset = 0; offset < value.length; offset++) {
    const char = value[offset];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === "\\" && isQuoted) offset++;
    else if (char === "," && !isQuoted) {
      elements.push(trimWhitespace(value.slice(start, offset)));
      start = offset + 1;
    }
  }
  elements.push(trimWhitespace(value.slice(start)));
  return elements.filter(Boolean);
}

/** A list of case-insensitive tokens, in lower case; `undefined` when an element is not a token. */
export function parseTokenList(value: string): string[] | undefined {
  const elements = splitList(value);
  return elements.every(isToken) ? elements.map((element) => element.toLowerCase()) : undefined;
}

// RFC 9110 §5.6.4
const QUOTED_STRING = /^"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"$/;

/** The text of a quoted-string, RFC 9110 §5.6.4; `undefined` when `text` is not exactly one. */
export function parseQuotedString(text: string): string | undefined {
  return QUOTED_STRING.test(text) ? text.slice(1, -1).replace(/\\(.)/g, "$1") : undefined;
}

// RFC 9110 §5.6.6: there may be no parameter after a semicolon, and no white space around "=".
const PARAMETER =
  /[\t ]*;[\t ]*(?:([!#$%&'*+\-.^_`|~\w]+)=(?:([!#$%&'*+\-.^_`|~\w]+)|("(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")))?/y;

/**
 * Parameters from the first semicolon on, as in `;a=b; c="d"`: names in lower case, values without quoting.
 * `undefined` when they are malformed, or when a name appears twice, which RFC 6838 §4.3 calls an error.
 */
export function parseParameters(text: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < text.length) {
    const found = PARAMETER.exec(text);
    if (found === null) return undefined;
    const name = found[1]?.toLowerCase();
    if (name === undefined) continue;
    if (parameters.has(name)) return undefined;
    parameters.set(name, found[2] ?? parseQuotedString(found[3]!)!);
  }
  return parameters;
}

/**
 * The text as a quoted-string, RFC 9110 §5.6.4.
 * @throws {RangeError} when it has a character that no quoted-string can carry: a control, or one above U+00FF
 */
export function quote(text: string): string {
  if (!/^[\t -~\x80-\xff]*$/.test(text)) throw new RangeError("a quoted-string carries no controls and only Latin-1");
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Removes SP and HTAB at both ends: OWS of RFC 9110 §5.6.3. `String.trim` would remove more. */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
