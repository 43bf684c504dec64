// From the names to a certificate, in the steps of RFC 8555 §7.1: order, proofs, request, certificate.
import { X509Certificate } from "node:crypto";
import type { Identifier } from "../tls/identifiers.ts";
import { certificationRequest, keyToPem, newKey } from "../tls/x509.ts";
import type { AcmeAnswer, AcmeClient } from "./client.ts";
import { withJitter } from "./clock.ts";
import { keyAuthorization } from "./jws.ts";
import { TOKEN } from "./places.ts";
import { AcmeError, problemText, retryAfterMs } from "./problem.ts";

export interface OrderWishes {
  readonly identifiers: readonly Identifier[];
  readonly profile: string | undefined;
  /** The certificate that the new one takes the place of, as RFC 9773 §4.1 names it. */
  readonly replaces: string | undefined;
  /** The first that the authority offers is taken. */
  readonly challenges: readonly ChallengeType[];
  /** Makes the answer to a challenge available; returns what takes it back. */
  readonly publish: (question: Question) => Promise<() => Promise<void>>;
}

/** Over plain HTTP on port 80 (RFC 8555 §8.3), or in a handshake on port 443 (RFC 8737). */
export type ChallengeType = "http-01" | "tls-alpn-01";

export interface Question {
  readonly type: ChallengeType;
  readonly identifier: Identifier;
  readonly token: string;
  /** Shows that whoever answers knows the account. */
  readonly keyAuthorization: string;
}

interface Order {
  readonly status?: string;
  readonly authorizations?: readonly string[];
  readonly finalize?: string;
  readonly certificate?: string;
  readonly error?: unknown;
}

interface Authorization {
  readonly status?: string;
  readonly identifier?: Identifier;
  readonly challenges?: readonly Challenge[];
}

interface Challenge {
  readonly type?: string;
  readonly status?: string;
  readonly url?: string;
  readonly token?: string;
  readonly error?: unknown;
}

/** A hundred names are the most that a certificate has. */
const PROOFS_AT_ONCE = 10;

const FIRST_POLL_MS = 1_000;
/** An authority that says "at once" is asked ten times a second. */
const SHORTEST_POLL_MS = 100;
const LONGEST_POLL_MS = 15_000;
/** Authorities check challenges and sign within seconds; after minutes the order is lost. */
const ORDER_TIMEOUT_MS = 300_000;

/**
 * The private key and the certificate with its chain, in PEM.
 * @throws {AcmeError} that says in words why there is none
 */
export async function obtain(client: AcmeClient, wishes: OrderWishes): Promise<string> {
  const deadlineMs = client.clock.now() + ORDER_TIMEOUT_MS;
  const { url, order } = await openOrder(client, wishes);
  await proveAll(client, order.authorizations ?? [], wishes, deadlineMs);
  const ready = await settled(client, url, deadlineMs, isReady);
  const key = newKey();
  const csr = certificationRequest(wishes.identifiers, key).toString("base64url");
  if (ready.status === "ready") await client.post(textOf(ready.finalize, "a URL to finalize the order"), { csr });
  const valid = await settled(client, url, deadlineMs, isValid);
  const { text } = await client.post(textOf(valid.certificate, "a URL of the certificate"));
  const chain = chainOf(text);
  checkCertificate(chain, wishes.identifiers, key, client.clock.now());
  return keyToPem(key) + chain;
}

const isReady = ({ status }: Order): boolean => status === "ready" || status === "valid";
const isValid = ({ status }: Order): boolean => status === "valid";

async function openOrder(client: AcmeClient, wishes: OrderWishes): Promise<{ url: string; order: Order }> {
  const { identifiers, profile, replaces } = wishes;
  const { profiles } = client.directory.meta ?? {};
  if (profile !== undefined && profiles?.[profile] === undefined)
    throw new AcmeError(
      `the authority has no profile ${JSON.stringify(profile)}: ${Object.keys(profiles ?? {}).join(", ") || "it has none at all"}`,
    );
  const place = (more: object): Promise<AcmeAnswer> =>
    client.post(client.directory.newOrder, { identifiers, ...(profile !== undefined && { profile }), ...more });
  const answer = await place(replaces === undefined ? {} : { replaces }).catch((error: unknown) => {
    // RFC 9773 §5: an order for the same certificate was there before. This one stands for itself.
    if (replaces === undefined || !(error instanceof AcmeError) || error.retryAtMs !== undefined) throw error;
    if (!["alreadyReplaced", "malformed"].includes(error.type)) throw error;
    return place({});
  });
  const url = textOf(answer.headers.get("location"), "a URL of the order");
  return { url, order: answer.json as Order };
}

/** Several at a time, as each takes seconds. @throws {AcmeError} that says what is wrong with each name */
async function proveAll(
  client: AcmeClient,
  urls: readonly string[],
  wishes: OrderWishes,
  deadlineMs: number,
): Promise<void> {
  for (let start = 0; start < urls.length; start += PROOFS_AT_ONCE) {
    const some = urls.slice(start, start + PROOFS_AT_ONCE);
    const outcomes = await Promise.allSettled(some.map((url) => prove(client, url, wishes, deadlineMs)));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
    if (reasons.length > 0) throw joined(reasons);
  }
}

function joined(reasons: readonly Error[]): Error {
  const unusual = reasons.find((reason) => !(reason instanceof AcmeError));
  if (unusual !== undefined || reasons.length === 1) return unusual ?? reasons[0]!;
  const waits = reasons.map((reason) => (reason as AcmeError).retryAtMs ?? 0);
  const message = [...new Set(reasons.map((reason) => reason.message))].join("; ");
  return new AcmeError(message, { type: (reasons[0] as AcmeError).type, retryAtMs: Math.max(...waits) || undefined });
}

/** RFC 8555 §7.5: shows that the name is ours, unless the authority remembers it. */
async function prove(client: AcmeClient, url: string, wishes: OrderWishes, deadlineMs: number): Promise<void> {
  const authorization = (await client.post(url)).json as Authorization;
  if (authorization.status === "valid") return;
  const { type, challenge, identifier } = choose(authorization, wishes);
  const token = textOf(challenge.token, "a token");
  if (!TOKEN.test(token)) throw new AcmeError("the authority sent a token that is not in base64url");
  const takeBack = await wishes.publish({
    type,
    identifier,
    token,
    keyAuthorization: keyAuthorization(token, client.key),
  });
  try {
    await client.post(textOf(challenge.url, "a URL of the challenge"), {});
    await settled<Authorization>(client, url, deadlineMs, ({ status }) => status === "valid");
  } finally {
    await takeBack();
  }
}

function choose(
  { challenges = [], identifier }: Authorization,
  wishes: OrderWishes,
): { type: ChallengeType; challenge: Challenge; identifier: Identifier } {
  // Only a name that we have ordered: a file is named after it.
  const ordered = wishes.identifiers.find(({ type, value }) => type === identifier?.type && value === identifier.value);
  if (ordered === undefined) throw new AcmeError("the authority wants a proof for a name that was not ordered");
  for (const type of wishes.challenges) {
    const challenge = challenges.find((one) => one.type === type);
    if (challenge !== undefined) return { type, challenge, identifier: ordered };
  }
  const offered = challenges.map(({ type }) => type).join(", ") || "nothing";
  const possible = `${wishes.challenges.join(" and ")} ${wishes.challenges.length === 1 ? "is" : "are"} possible`;
  throw new AcmeError(`for ${ordered.value}, the authority accepts ${offered} as a proof, and only ${possible}`);
}

/** Asks until the thing is as wanted, as often as the authority likes. */
async function settled<Thing extends Order | Authorization>(
  client: AcmeClient,
  url: string,
  deadlineMs: number,
  isSettled: (thing: Thing) => boolean,
): Promise<Thing> {
  const { clock, signal } = client;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
    const { json, headers } = await client.post(url);
    const thing = json as Thing;
    if (isSettled(thing)) return thing;
    if (["invalid", "expired", "revoked", "deactivated"].includes(thing.status ?? "invalid")) throw refusal(thing);
    const nowMs = clock.now();
    const waitMs = Math.max(
      SHORTEST_POLL_MS,
      (retryAfterMs(headers.get("retry-after"), nowMs) ?? nowMs + pollMs) - nowMs,
    );
    if (nowMs + waitMs > deadlineMs) throw new AcmeError(`the authority still says "${thing.status}" after minutes`);
    await clock.wait(withJitter(waitMs, clock.random()), signal);
  }
}

function refusal(thing: Order & Authorization): AcmeError {
  const failed = thing.challenges?.find(({ error }) => error !== undefined);
  const name = thing.identifier === undefined ? "the order" : thing.identifier.value;
  return new AcmeError(`the authority refused ${name}: ${problemText(failed?.error ?? thing.error)}`);
}

/** RFC 8555 §9.1: PEM, and nothing but certificates. What the file says besides is left out. */
function chainOf(text: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\w+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).join("");
}

/** A certificate that does not fit would be found out by every visitor. */
function checkCertificate(
  chain: string,
  identifiers: readonly Identifier[],
  key: ReturnType<typeof newKey>,
  nowMs: number,
): void {
  const leaf = readLeaf(chain);
  const missing = identifiers.filter(({ type, value }) =>
    type === "dns" ? leaf.checkHost(value) === undefined : leaf.checkIP(value) === undefined,
  );
  if (missing.length > 0)
    throw new AcmeError(`the authority left out of the certificate: ${missing.map(({ value }) => value).join(", ")}`);
  if (!leaf.checkPrivateKey(key)) throw new AcmeError("the authority sent a certificate for another key");
  if (leaf.validToDate.getTime() <= nowMs)
    throw new AcmeError(
      `the authority sent a certificate that expired on ${leaf.validTo}: is the clock of this machine right?`,
    );
}

function readLeaf(chain: string): X509Certificate {
  try {
    return new X509Certificate(chain);
  } catch (error) {
    throw new AcmeError("the authority sent no certificate in PEM", { cause: error });
  }
}

function textOf(value: unknown, wanted: string): string {
  if (typeof value === "string") return value;
  throw new AcmeError(`the authority did not send ${wanted}`);
}
