// A format of an access log, read once, into parts that write a line.
import type { AccessRecord } from "./access-record.ts";
import {
  ESCAPE_LIMIT_BYTES,
  type Escaping,
  type LineMemory,
  LineWriter,
  Literal,
  SHORT_LIMIT_BYTES,
  TEXT_LIMIT_BYTES,
} from "./line-writer.ts";
import {
  fieldPlaceholder,
  type Masks,
  NO_MASKS,
  type Part,
  type Placeholder,
  placeholdersFor,
  SECRET_FIELDS,
} from "./placeholders.ts";

/** The formats that have a name. The first two are those of Apache and nginx, which programs for logs read. */
const NAMED: Readonly<Record<string, string>> = {
  common: '{client} - {user} [{clf_time}] "{request}" {status} {bytes}',
  combined: '{client} - {user} [{clf_time}] "{request}" {status} {bytes} "{referrer}" "{user_agent}"',
};

/** The fields of a line of JSON, in this order. */
const JSON_FIELDS = [
  ...[
    "time",
    "client",
    "user",
    "method",
    "scheme",
    "host",
    "target",
    "protocol",
    "status",
    "bytes",
    "complete",
    "duration_ms",
  ],
  ...["referrer", "user_agent", "coding", "cache", "thread", "connection", "request_id"],
];

/** Room for numbers, times, what shows a cut, and what literals overwrite; and for the texts that are not of the request, which are short. */
const SHORT_PARTS_BYTES: number = 64 + SHORT_LIMIT_BYTES * ESCAPE_LIMIT_BYTES;
/** The most texts of a request in one part: a request line has method and target. */
const TEXTS_OF_A_PART = 2;
const PLACEHOLDER_LIMIT_COUNT = 32;
const PATTERN_LIMIT_LENGTH = 1024;

/** Why a pattern cannot be used, for whoever wrote it. */
export class PatternError extends TypeError {}

/** A value of a line, between bytes that are always the same. */
interface Piece {
  readonly before: Literal;
  readonly part: Part;
  readonly after: Literal;
  /** What stands for a value that is not there; undefined leaves the whole piece out. */
  readonly missing: Literal | undefined;
}

interface Shape {
  readonly pieces: readonly Piece[];
  readonly tail: Literal;
  readonly escaping: Escaping;
  readonly hasRefused: boolean;
}

export class LineFormat {
  readonly #pieces: readonly Piece[];
  readonly #tail: Literal;
  readonly #line: LineWriter;
  /** Room for all but texts. */
  readonly #fixedBytes: number;
  /**
   * Whether lines stand for refused requests, too. For "common" and "combined" they do not: without a request, programs that
   * read these formats count a page "-", or a damaged file.
   */
  readonly hasRefused: boolean;

  private constructor({ pieces, tail, escaping, hasRefused }: Shape) {
    this.hasRefused = hasRefused;
    this.#pieces = pieces;
    this.#tail = tail;
    this.#line = new LineWriter(escaping);
    const literalBytes = pieces.reduce((sum, { before, after }) => sum + before.length + after.length, tail.length);
    this.#fixedBytes = literalBytes + pieces.length * SHORT_PARTS_BYTES;
  }

  /**
   * @param format common, combined, json, or a pattern with names in braces; `{field:accept-language}` is a field of the
   *   request, and `{{` a brace
   * @throws {PatternError} for a pattern that names what there is not
   */
  static of(format: string, masks: Masks = NO_MASKS): LineFormat {
    if (format === "json") return new LineFormat(jsonShape(masks));
    const isNamed = Object.hasOwn(NAMED, format);
    return new LineFormat(patternShape(isNamed ? NAMED[format]! : format, masks, !isNamed));
  }

  /** No line needs more room. */
  get longestBytes(): number {
    return this.roomFor(TEXT_LIMIT_BYTES);
  }

  /** Room that is enough for a line, where no text of the request has more than so many bytes. */
  roomFor(headBytes: number): number {
    const textBytes = Math.min(headBytes, TEXT_LIMIT_BYTES) * ESCAPE_LIMIT_BYTES;
    return this.#fixedBytes + this.#pieces.length * TEXTS_OF_A_PART * textBytes;
  }

  /** Writes the line, with its end, to `memory` from `at` on. @returns where it ends */
  write(record: AccessRecord, memory: LineMemory, at: number): number {
    const line = this.#line;
    line.begin(memory, at);
    const pieces = this.#pieces;
    for (let i = 0; i < pieces.length; i++) {
      const { before, part, after, missing } = pieces[i]!;
      const start = line.at;
      line.raw(before);
      if (part(record, line)) line.raw(after);
      else if (missing === undefined) line.at = start;
      else line.raw(missing);
    }
    line.raw(this.#tail);
    return line.at;
  }
}

const NOTHING: Literal = new Literal("");
/** As the common log format has it, so that columns stay where they are. */
const DASH: Literal = new Literal("-");

function patternShape(pattern: string, masks: Masks, hasRefused: boolean): Shape {
  if (pattern.length > PATTERN_LIMIT_LENGTH)
    throw new PatternError(`the pattern has ${pattern.length} characters; at most ${PATTERN_LIMIT_LENGTH} are read`);
  const known = placeholdersFor(masks);
  const pieces: Piece[] = [];
  let literals = "";
  for (const [, brace, name, literal] of pattern.matchAll(/(\{\{)|\{([^{}]*)\}|([^{]+|\{)/g)) {
    if (brace !== undefined) literals += "{";
    else if (literal !== undefined) literals += checkedLiteral(literal);
    else {
      const { part } = placeholderNamed(name!, known);
      pieces.push({ before: new Literal(literals), part, after: NOTHING, missing: DASH });
      literals = "";
    }
  }
  const count = pieces.length;
  if (count === 0) throw new PatternError(`no name in braces, as in {status}; known are ${names(known)}`);
  if (count > PLACEHOLDER_LIMIT_COUNT)
    throw new PatternError(`${count} names in braces; at most ${PLACEHOLDER_LIMIT_COUNT} are read`);
  return { pieces, tail: new Literal(`${literals}\n`), escaping: "text", hasRefused };
}

function placeholderNamed(name: string, known: Readonly<Record<string, Placeholder>>): Placeholder {
  const field = /^field:([!#$%&'*+\-.^_`|~0-9a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (field !== undefined && SECRET_FIELDS.has(field))
    throw new PatternError(`{${name}} is a secret, and is never written to a log`);
  if (field !== undefined) return fieldPlaceholder(field);
  const placeholder = Object.hasOwn(known, name) ? known[name] : undefined;
  if (placeholder === undefined)
    throw new PatternError(`{${name}} is not known; known are ${names(known)} and {field:…}`);
  return placeholder;
}

function names(known: Readonly<Record<string, Placeholder>>): string {
  return Object.keys(known)
    .map((name) => `{${name}}`)
    .join(", ");
}

/** A brace that opens nothing is most likely a mistake. */
function checkedLiteral(literal: string): string {
  if (literal === "{") throw new PatternError("a { without its }; {{ stands for a brace");
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(literal)) throw new PatternError("a control character; each line is one line");
  return literal;
}

function jsonShape(masks: Masks): Shape {
  const known = placeholdersFor(masks);
  const pieces = JSON_FIELDS.map((name, index) => jsonPiece(name, known[name]!, index === 0));
  return { pieces, tail: new Literal("}\n"), escaping: "json", hasRefused: true };
}

/** What is not there is left out of the line: an empty text would look like a value. */
function jsonPiece(name: string, { part, isNumber }: Placeholder, isFirst: boolean): Piece {
  const before = new Literal(`${isFirst ? "{" : ","}"${name}":${isNumber ? "" : '"'}`);
  return { before, part, after: isNumber ? NOTHING : new Literal('"'), missing: undefined };
}
