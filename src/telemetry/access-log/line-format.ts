// A format of an access log, read once, into parts that write a line.
import type { AccessRecord } from "./access-record.ts";
import { type Escaping, LineWriter, TEXT_ROOM_BYTES } from "./line-writer.ts";
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
  common: '{client} - - [{clf_time}] "{request}" {status} {bytes}',
  combined: '{client} - - [{clf_time}] "{request}" {status} {bytes} "{referrer}" "{user_agent}"',
};

/** The fields of a line of JSON, in this order. */
const JSON_FIELDS = [
  ...["time", "client", "method", "host", "target", "protocol", "status", "bytes", "complete", "duration_ms"],
  ...["referrer", "user_agent", "coding", "thread", "connection", "request_id"],
];

const PLACEHOLDER_LIMIT_COUNT = 32;
const PATTERN_LIMIT_LENGTH = 1024;

/** Why a pattern cannot be used, for whoever wrote it. */
export class PatternError extends TypeError {}

export class LineFormat {
  readonly #parts: readonly Part[];
  readonly #line: LineWriter;
  /**
   * Whether lines stand for refused requests, too. For "common" and "combined" they do not: without a request, programs that
   * read these formats count a page "-", or a damaged file.
   */
  readonly hasRefused: boolean;

  private constructor(parts: readonly Part[], escaping: Escaping, roomBytes: number, hasRefused: boolean) {
    this.hasRefused = hasRefused;
    this.#parts = parts;
    this.#line = new LineWriter(escaping, roomBytes);
  }

  /**
   * @param format common, combined, json, or a pattern with names in braces; `{field:accept-language}` is a field of the
   *   request, and `{{` a brace
   * @throws {PatternError} for a pattern that names what there is not
   */
  static of(format: string, masks: Masks = NO_MASKS): LineFormat {
    return format === "json"
      ? jsonFormat(masks, LineFormat.#make(true))
      : patternFormat(
          Object.hasOwn(NAMED, format) ? NAMED[format]! : format,
          masks,
          LineFormat.#make(!Object.hasOwn(NAMED, format)),
        );
  }

  static #make(hasRefused: boolean): Make {
    return (parts, escaping, roomBytes) => new LineFormat(parts, escaping, roomBytes, hasRefused);
  }

  /** The line, with its end. It is overwritten by the next one. */
  write(record: AccessRecord): LineWriter {
    const line = this.#line;
    line.length = 0;
    for (let i = 0; i < this.#parts.length; i++) this.#parts[i]!(record, line);
    return line;
  }
}

type Make = (parts: readonly Part[], escaping: Escaping, roomBytes: number) => LineFormat;

function patternFormat(pattern: string, masks: Masks, make: Make): LineFormat {
  if (pattern.length > PATTERN_LIMIT_LENGTH)
    throw new PatternError(`the pattern has ${pattern.length} characters; at most ${PATTERN_LIMIT_LENGTH} are read`);
  const known = placeholdersFor(masks);
  const parts: Part[] = [];
  let count = 0;
  for (const [, brace, name, literal] of pattern.matchAll(/(\{\{)|\{([^{}]*)\}|([^{]+|\{)/g)) {
    if (brace !== undefined) parts.push(literalPart("{"));
    else if (literal !== undefined) parts.push(literalPart(checkedLiteral(literal)));
    else {
      count++;
      parts.push(orDash(placeholderNamed(name!, known).part));
    }
  }
  if (count === 0) throw new PatternError(`no name in braces, as in {status}; known are ${names(known)}`);
  if (count > PLACEHOLDER_LIMIT_COUNT)
    throw new PatternError(`${count} names in braces; at most ${PLACEHOLDER_LIMIT_COUNT} are read`);
  return make([...parts, literalPart("\n")], "text", pattern.length + 1 + count * (2 * TEXT_ROOM_BYTES + 64));
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

function literalPart(text: string): Part {
  const bytes = Buffer.from(text);
  return (_record, line) => {
    line.raw(bytes);
    return true;
  };
}

/** As the common log format has it, so that columns stay where they are. */
function orDash(part: Part): Part {
  const dash = Buffer.from("-");
  return (record, line) => {
    if (!part(record, line)) line.raw(dash);
    return true;
  };
}

function jsonFormat(masks: Masks, make: Make): LineFormat {
  const known = placeholdersFor(masks);
  const parts = JSON_FIELDS.map((name, index) => jsonPart(name, known[name]!, index === 0));
  return make([...parts, literalPart("}\n")], "json", JSON_FIELDS.length * (32 + TEXT_ROOM_BYTES));
}

/** What is not there is left out of the line: an empty text would look like a value. */
function jsonPart(name: string, { part, isNumber }: Placeholder, isFirst: boolean): Part {
  const before = Buffer.from(`${isFirst ? "{" : ","}"${name}":${isNumber ? "" : '"'}`);
  const quote = Buffer.from('"');
  return (record, line) => {
    const start = line.length;
    line.raw(before);
    if (!part(record, line)) {
      line.length = start;
      return false;
    }
    if (!isNumber) line.raw(quote);
    return true;
  };
}
