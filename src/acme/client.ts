// Requests to an ACME authority (RFC 8555 §6): signed, each with a nonce that is used once, and repeated where the authority
// or the network asks for it.
import type { KeyObject } from "node:crypto";
import { type Clock, withJitter } from "./clock.ts";
import { publicJwk, type SignedBy, signedRequest } from "./jws.ts";
import { AcmeError, problemText, problemType, retryAfterMs } from "./problem.ts";

/** RFC 8555 §7.1.1, and RFC 9773 §3. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly renewalInfo?: string;
  readonly meta?: {
    readonly termsOfService?: string;
    readonly externalAccountRequired?: boolean;
    readonly profiles?: Readonly<Record<string, string>>;
  };
}

export interface AcmeAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The content as it was sent. */
  readonly text: string;
  /** The content as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface Connection {
  readonly directoryUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** An authority that has another wish than this answers with Retry-After. */
const ATTEMPT_LIMIT_COUNT = 4;
/** Costs nothing but the request: an authority with several machines may refuse what one of them has given. */
const NONCE_LIMIT_COUNT = 15;
const FIRST_WAIT_MS = 1_000;
/** Longer waits are the caller's: the order is given up, and tried again as a whole. */
const LONGEST_WAIT_MS = 30_000;

/** RFC 8555 §6.1: names the client and, for the authority's statistics, what runs it. */
const USER_AGENT = `heddle (Node.js ${process.version})`;

export class AcmeClient {
  readonly directory: Directory;
  readonly key: KeyObject;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly #connection: Connection;
  /** Nonces of answers, each for one request. */
  readonly #nonces: string[] = [];
  #by: SignedBy;

  private constructor(connection: Connection, directory: Directory, key: KeyObject) {
    this.#connection = connection;
    this.clock = connection.clock;
    this.signal = connection.signal;
    this.directory = directory;
    this.key = key;
    this.#by = { jwk: publicJwk(key) };
  }

  /** @throws {AcmeError} when the URL is not that of a directory */
  static async open(connection: Connection, key: KeyObject): Promise<AcmeClient> {
    const { json } = await ask(connection, connection.directoryUrl);
    const directory = json as Directory | undefined;
    const missing = ["newNonce", "newAccount", "newOrder"].filter(
      (name) => typeof Reflect.get(directory ?? {}, name) !== "string",
    );
    if (directory === undefined || missing.length > 0)
      throw new AcmeError(`${connection.directoryUrl} is not an ACME directory: it has no ${missing.join(", ")}`);
    return new AcmeClient(connection, directory, key);
  }

  /** The URL of the account signs from now on. */
  useAccount(url: string): void {
    this.#by = { kid: url };
  }

  /**
   * @param payload undefined to ask only
   * @throws {AcmeError} for every answer that is not a success
   */
  async post(url: string, payload?: unknown): Promise<AcmeAnswer> {
    return repeated(this.#connection, async () => {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce());
      const body = JSON.stringify(signedRequest(this.key, this.#by, { url, nonce, payload }));
      const headers = { "Content-Type": "application/jose+json" };
      const answer = await send(this.#connection, url, { method: "POST", body, headers, redirect: "error" });
      this.#keepNonce(answer);
      return answer;
    });
  }

  /** Asks without a signature, as for renewal information. */
  get(url: string): Promise<AcmeAnswer> {
    return ask(this.#connection, url);
  }

  async #newNonce(): Promise<string> {
    const { headers } = await send(this.#connection, this.directory.newNonce, { method: "HEAD" });
    const nonce = headers.get("replay-nonce");
    if (nonce === null) throw new AcmeError(`${this.directory.newNonce} gave no nonce`);
    return nonce;
  }

  #keepNonce({ headers }: AcmeAnswer): void {
    const nonce = headers.get("replay-nonce");
    if (nonce !== null) this.#nonces.push(nonce);
  }
}

/** A request without a signature. @throws {AcmeError} for every answer that is not a success */
export function ask(connection: Connection, url: string): Promise<AcmeAnswer> {
  return repeated(connection, () => send(connection, url, {}));
}

async function repeated(connection: Connection, request: () => Promise<AcmeAnswer>): Promise<AcmeAnswer> {
  const { clock, signal } = connection;
  for (let attempt = 1; ; attempt++) {
    const outcome = await request().catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof AcmeError) return error;
      throw error;
    });
    if (!(outcome instanceof AcmeError) && outcome.status < 400) return outcome;
    const error = outcome instanceof AcmeError ? outcome : failureOf(outcome, clock.now());
    const waitMs = waitBefore(error, outcome, attempt, clock);
    const limit = error.type === "badNonce" ? NONCE_LIMIT_COUNT : ATTEMPT_LIMIT_COUNT;
    if (attempt >= limit || waitMs === undefined || waitMs > LONGEST_WAIT_MS) throw error;
    await clock.wait(waitMs, signal);
  }
}

/** How long to wait before the same request may succeed; undefined when it would fail again. */
function waitBefore(
  error: AcmeError,
  outcome: AcmeAnswer | AcmeError,
  attempt: number,
  clock: Clock,
): number | undefined {
  // RFC 8555 §6.5: the refusal brings a nonce that is good.
  if (error.type === "badNonce") return 0;
  if (error.retryAtMs !== undefined) return Math.max(0, error.retryAtMs - clock.now());
  const isTransient = outcome instanceof AcmeError || outcome.status >= 500;
  return isTransient ? withJitter(FIRST_WAIT_MS * 2 ** (attempt - 1), clock.random()) : undefined;
}

function failureOf({ status, headers, json }: AcmeAnswer, nowMs: number): AcmeError {
  const retryAtMs = retryAfterMs(headers.get("retry-after"), nowMs);
  const text = json === undefined ? `status ${status}` : problemText(json);
  return new AcmeError(text, { type: problemType(json), retryAtMs });
}

/** @throws {AcmeError} when no answer comes */
async function send({ fetch: request, signal }: Connection, url: string, init: RequestInit): Promise<AcmeAnswer> {
  try {
    const headers = { "User-Agent": USER_AGENT, "Accept-Language": "en", ...init.headers };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const response = await request(url, { ...init, headers, signal: limit });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  } catch (error) {
    throw new AcmeError(`no answer from ${originOf(url)}: ${reasonOf(error)}`, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** `fetch` says only that it failed; the reason is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}
