// What an authority, or the way to it, objects to: in words for people, and with the time before which it is of no use to
// try again.

interface ProblemDocument {
  readonly type?: unknown;
  readonly detail?: unknown;
  readonly subproblems?: unknown;
  readonly identifier?: { readonly value?: unknown };
}

export class AcmeError extends Error {
  override readonly name = "AcmeError";
  /** "rateLimited", of "urn:ietf:params:acme:error:rateLimited"; "" when the authority names none. */
  readonly type: string;
  /** In ms since 1970; undefined when the authority says nothing about it. */
  readonly retryAtMs: number | undefined;

  constructor(
    message: string,
    { type = "", retryAtMs, cause }: { type?: string; retryAtMs?: number | undefined; cause?: unknown } = {},
  ) {
    // The authority may send anything, and people read this at a terminal.
    super(message.replace(/\p{Cc}+/gu, " "), { cause });
    this.type = type;
    this.retryAtMs = retryAtMs;
  }
}

const URN = "urn:ietf:params:acme:error:";

/** RFC 8555 §6.7: the type without its namespace. */
export function problemType(problem: unknown): string {
  const { type } = asDocument(problem);
  return typeof type === "string" ? type.replace(URN, "") : "";
}

/** "Invalid response from http://…: 404 (unauthorized)", with what the authority says about single names. */
export function problemText(problem: unknown): string {
  const document = asDocument(problem);
  const detail = typeof document.detail === "string" && document.detail !== "" ? document.detail : "no reason given";
  const type = problemType(problem);
  const parts = Array.isArray(document.subproblems) ? document.subproblems : [];
  const own = type === "" ? detail : `${detail} (${type})`;
  const names = parts.map((part) => {
    const { identifier } = asDocument(part);
    return `${typeof identifier?.value === "string" ? identifier.value : "one name"}: ${problemText(part)}`;
  });
  return [own, ...names].join("; ");
}

/** RFC 9110 §10.2.3: a number of seconds, or a date. */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return nowMs + Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date;
}

function asDocument(problem: unknown): ProblemDocument {
  return typeof problem === "object" && problem !== null ? problem : {};
}
