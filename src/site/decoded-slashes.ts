// The option `encodedSlashes: "decode"`: before anybody looks at the target, "%2F" in its path becomes a slash. So the guard,
// the rules and the folders see one path, and none of them can be passed by writing it otherwise. What comes out is read
// as if it had been sent: dot segments, empty names and hidden names are found in it. A slash that is encoded twice
// ("%252F") is a name with "%2F" in it, and no slash.
import { type ByteReader, hashTarget, type Request } from "../http/message.ts";
import type { Notes } from "../http/notes.ts";
import { pathOf } from "../http/query.ts";

const PERCENT = 0x25;

/** The same request, if no slash in its path is encoded. */
export function withDecodedSlashes(request: Request): Request {
  const { memory, targetStart, targetEnd } = request;
  let offset = targetStart;
  while (offset < targetEnd && memory[offset] !== PERCENT) offset++;
  if (offset === targetEnd) return request;
  const { target } = request;
  const path = pathOf(target);
  const decoded = path.replace(/%2f/gi, "/");
  return decoded === path ? request : new DecodedRequest(request, decoded + target.slice(path.length));
}

class DecodedRequest implements Request {
  readonly #sent: Request;
  readonly target: string;
  readonly memory: Buffer;
  readonly targetStart = 0;
  readonly targetEnd: number;
  readonly targetHash: number;

  constructor(sent: Request, target: string) {
    this.#sent = sent;
    this.target = target;
    this.memory = Buffer.from(target, "latin1");
    this.targetEnd = this.memory.length;
    this.targetHash = hashTarget(this.memory, 0, this.targetEnd);
  }

  get method(): string {
    return this.#sent.method;
  }

  get isAsterisk(): boolean {
    return this.#sent.isAsterisk;
  }

  get authority(): string {
    return this.#sent.authority;
  }

  has(mask: number): boolean {
    return this.#sent.has(mask);
  }

  field(name: string): string | undefined {
    return this.#sent.field(name);
  }

  giveField(name: string, reader: ByteReader): boolean {
    return this.#sent.giveField(name, reader);
  }

  giveAuthority(reader: ByteReader): boolean {
    return this.#sent.giveAuthority(reader);
  }

  get notes(): Notes {
    return this.#sent.notes;
  }

  retain(): Request {
    return new DecodedRequest(this.#sent.retain(), this.target);
  }
}
