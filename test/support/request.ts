// A Request for tests, as the engine would make it from the bytes of a peer.
import { FIELD_BIT } from "../../src/http/fields.ts";
import { hashTarget, type Request } from "../../src/http/message.ts";
import { Notes } from "../../src/http/notes.ts";

/** @param fields header fields by name, in any case */
export function makeRequest(method: string, target: string, fields: Readonly<Record<string, string>> = {}): Request {
  const values = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  const isAsterisk = target === "*";
  const memory = Buffer.from(isAsterisk ? "" : target, "latin1");
  let mask = 0;
  for (const name of values.keys()) mask |= FIELD_BIT[name as keyof typeof FIELD_BIT] ?? 0;
  const request: Request = {
    method,
    isAsterisk,
    target: memory.toString("latin1"),
    memory,
    targetStart: 0,
    targetEnd: memory.length,
    targetHash: hashTarget(memory, 0, memory.length),
    authority: values.get("host") ?? "",
    has: (wanted) => (mask & wanted) !== 0,
    field: (name) => values.get(name),
    giveField: (name, reader) => {
      const value = values.get(name);
      if (value !== undefined) reader.escaped(Buffer.from(value, "latin1"), 0, value.length);
      return value !== undefined;
    },
    giveAuthority: (reader) => request.giveField("host", reader),
    notes: new Notes(),
    retain: () => request,
  };
  return request;
}
