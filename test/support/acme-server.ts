// An ACME authority for tests (RFC 8555, RFC 8737, RFC 9773), which believes nothing: it checks each signature and nonce,
// asks for the answers to its challenges over TCP or TLS, and compares the request for a certificate with the order. Its
// names all lead to 127.0.0.1, and it asks ports of the test's choice instead of 80 and 443.
import assert from "node:assert/strict";
import { createHash, createHmac, createPublicKey, type KeyObject, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { connect } from "node:tls";
import { questionNameOf } from "../../src/tls/challenge.ts";
import { contextTag, decodeAll, encode, encodeObjectId, OCTET_STRING, SEQUENCE } from "../../src/tls/der.ts";
import { alternativeNames, type Identifier } from "../../src/tls/identifiers.ts";
import { writePem } from "../../src/tls/pem.ts";
import { newKey, writeCertificate } from "../../src/tls/x509.ts";

const DAY_MS = 86_400_000;
const URN = "urn:ietf:params:acme:error:";

/** What a test may change at any time. */
export interface Wishes {
  /** Where challenges are asked for over plain HTTP. */
  challengePort: number;
  /** Where challenges are asked for in a handshake. */
  tlsPort: number;
  /** How long certificates live. */
  lifetimeMs: number;
  termsOfService?: string;
  /** Keys for HMAC in base64url, by key identifier: an account must name one of them. */
  externalKeys?: Readonly<Record<string, string>>;
  profiles?: Readonly<Record<string, string>>;
  /** Renewal information for a certificate; undefined where the authority has none. */
  window?: (id: string) => { start: number; end: number; retryAfterSeconds?: number; explanationUrl?: string };
  /** Answers instead of the usual way; undefined to leave it to that. */
  interfere?: (path: string, payload: unknown) => Refusal | undefined;
  challengeTypes: readonly string[];
  /** What certificates are for, whatever was ordered. */
  issuedFor?: readonly Identifier[];
  now: () => number;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly retryAfter?: string;
  readonly subproblems?: readonly unknown[];
}

interface Account {
  readonly key: KeyObject;
  readonly thumbprint: string;
  contact: unknown;
  readonly externalKeyId: string | undefined;
}

interface Order {
  readonly identifiers: readonly Identifier[];
  readonly replaces: string | undefined;
  readonly profile: string | undefined;
  readonly authorizations: readonly Authorization[];
  status: string;
  error?: object;
  certificate?: string;
}

interface Authorization {
  readonly identifier: Identifier;
  readonly token: string;
  /** The challenge that the client has chosen. */
  type?: string | undefined;
  status: string;
  error?: object;
}

interface Signed {
  readonly payload: unknown;
  readonly jwk: JsonWebKey | undefined;
  readonly account: Account | undefined;
}

type JsonWebKey = Readonly<Record<"crv" | "kty" | "x" | "y", string>>;

class Problem extends Error {
  readonly refusal: Refusal;

  constructor(status: number, type: string, detail: string) {
    super(detail);
    this.refusal = { status, type, detail };
  }
}

export class AcmeServer {
  readonly wishes: Wishes = {
    challengePort: 0,
    tlsPort: 0,
    lifetimeMs: 90 * DAY_MS,
    challengeTypes: ["dns-01", "http-01", "tls-alpn-01"],
    now: Date.now,
  };
  readonly accounts: Account[] = [];
  readonly orders: Order[] = [];
  /** Paths, in the order of the requests. */
  readonly asked: string[] = [];
  readonly authority: string;
  readonly #authorityKey = newKey();
  readonly #keyId = randomBytes(20);
  readonly #nonces = new Set<string>();
  readonly #server: Server;

  private constructor() {
    const name = "Authority for tests of Heddle";
    const yearMs = 365 * DAY_MS;
    const basicConstraints = encode(
      SEQUENCE,
      encodeObjectId("2.5.29.19"),
      encode(1, Buffer.from([0xff])),
      encode(OCTET_STRING, encode(SEQUENCE, encode(1, Buffer.from([0xff])))),
    );
    const certificate = writeCertificate(
      {
        subject: name,
        issuer: name,
        notBefore: Date.now() - yearMs,
        notAfter: Date.now() + 10 * yearMs,
        key: this.#authorityKey,
        extensions: [basicConstraints],
      },
      this.#authorityKey,
    );
    this.authority = writePem("CERTIFICATE", certificate);
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(t: TestContext): Promise<AcmeServer> {
    const acme = new AcmeServer();
    acme.#server.listen(0, "127.0.0.1");
    await once(acme.#server, "listening");
    t.after(() => {
      acme.#server.close();
      acme.#server.closeAllConnections();
    });
    return acme;
  }

  get directory(): string {
    return this.#url("/directory");
  }

  #url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    this.asked.push(path);
    response.setHeader("Replay-Nonce", this.#newNonce());
    try {
      await this.#answer(path, request, response);
    } catch (error) {
      const refusal: Refusal =
        error instanceof Problem
          ? error.refusal
          : { status: 500, type: "serverInternal", detail: `${(error as Error).stack}` };
      refuse(response, refusal);
    }
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    assert.match(request.headers["user-agent"] ?? "", /^heddle /);
    const signed = request.method === "POST" ? await this.#verified(path, request) : undefined;
    const refusal = this.wishes.interfere?.(path, signed?.payload);
    if (refusal !== undefined) return refuse(response, refusal);
    if (path === "/directory") return reply(response, 200, this.#directory());
    if (path === "/new-nonce") return void response.writeHead(200).end();
    if (path.startsWith("/renewal-info/")) return this.#renewalInfo(path, response);
    if (signed === undefined) throw new Problem(405, "malformed", "this wants a signed POST");
    if (path === "/new-account") return this.#newAccount(signed, response);
    if (signed.account === undefined) throw new Problem(400, "malformed", "this wants an account");
    const [, kind = "", number = "", action, type] = path.split("/");
    if (kind === "account") return this.#changeAccount(this.accounts[Number(number)]!, signed, response);
    if (kind === "new-order") return this.#newOrder(signed, response);
    const order = this.orders[Number(number)]!;
    if (kind === "order" && action === undefined) return this.#tellOrder(Number(number), response);
    if (kind === "order") return this.#finalize(order, signed, response, Number(number));
    if (kind === "authorization") return this.#tellAuthorization(path, order.authorizations[Number(action)]!, response);
    if (kind === "challenge") return this.#check(order, Number(action), signed, response, type);
    assert.equal(kind, "certificate");
    response.writeHead(200, { "Content-Type": "application/pem-certificate-chain" }).end(order.certificate);
  }

  #directory(): object {
    const { termsOfService, externalKeys, profiles, window } = this.wishes;
    return {
      newNonce: this.#url("/new-nonce"),
      newAccount: this.#url("/new-account"),
      newOrder: this.#url("/new-order"),
      ...(window && { renewalInfo: this.#url("/renewal-info") }),
      meta: { termsOfService, profiles, externalAccountRequired: externalKeys !== undefined },
    };
  }

  #newNonce(): string {
    const nonce = randomBytes(16).toString("base64url");
    this.#nonces.add(nonce);
    return nonce;
  }

  /** RFC 8555 §6.2 to §6.5 */
  async #verified(path: string, request: IncomingMessage): Promise<Signed> {
    assert.equal(request.headers["content-type"], "application/jose+json");
    const body = JSON.parse(await textOf(request));
    assert.deepEqual(Object.keys(body).sort(), ["payload", "protected", "signature"]);
    const header = parsed(body.protected) as {
      alg: string;
      nonce: string;
      url: string;
      kid?: string;
      jwk?: JsonWebKey;
    };
    if (!this.#nonces.delete(header.nonce)) throw new Problem(400, "badNonce", "this nonce is unknown, or used");
    assert.equal(header.alg, "ES256");
    assert.equal(header.url, this.#url(path));
    assert.equal(header.jwk === undefined, header.kid !== undefined);
    const account = header.kid === undefined ? undefined : this.accounts[Number(header.kid.split("/").at(-1))];
    if (header.kid !== undefined && account === undefined)
      throw new Problem(400, "accountDoesNotExist", "there is no such account");
    const key = account?.key ?? createPublicKey({ key: header.jwk!, format: "jwk" });
    const text = Buffer.from(`${body.protected}.${body.payload}`);
    const signature = Buffer.from(body.signature, "base64url");
    if (!verify("sha256", text, { key, dsaEncoding: "ieee-p1363" }, signature))
      throw new Problem(400, "malformed", "the signature is wrong");
    return { payload: body.payload === "" ? undefined : parsed(body.payload), jwk: header.jwk, account };
  }

  #newAccount({ payload, jwk }: Signed, response: ServerResponse): void {
    assert.ok(jwk, "an account is opened by its key");
    const { contact, termsOfServiceAgreed, externalAccountBinding } = payload as Record<string, unknown>;
    if (this.wishes.termsOfService !== undefined && termsOfServiceAgreed !== true)
      throw new Problem(403, "userActionRequired", "agree to the terms");
    const externalKeyId = this.#checkBinding(externalAccountBinding as Record<string, string> | undefined, jwk);
    const { crv, kty, x, y } = jwk;
    const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
    this.accounts.push({ key: createPublicKey({ key: jwk, format: "jwk" }), thumbprint, contact, externalKeyId });
    response.setHeader("Location", this.#url(`/account/${this.accounts.length - 1}`));
    reply(response, 201, { status: "valid" });
  }

  /** RFC 8555 §7.3.4 */
  #checkBinding(binding: Record<string, string> | undefined, jwk: JsonWebKey): string | undefined {
    const { externalKeys } = this.wishes;
    if (externalKeys === undefined) return undefined;
    if (binding === undefined) throw new Problem(403, "externalAccountRequired", "name an account");
    const { alg, kid, url } = parsed(binding["protected"]!) as Record<string, string>;
    assert.deepEqual({ alg, url }, { alg: "HS256", url: this.#url("/new-account") });
    assert.deepEqual(parsed(binding["payload"]!), jwk);
    const secret = Buffer.from(externalKeys[kid!]!, "base64url");
    const wanted = createHmac("sha256", secret)
      .update(`${binding["protected"]}.${binding["payload"]}`)
      .digest("base64url");
    assert.equal(binding["signature"], wanted);
    return kid;
  }

  #changeAccount(account: Account, { payload }: Signed, response: ServerResponse): void {
    account.contact = (payload as { contact: unknown }).contact;
    reply(response, 200, { status: "valid" });
  }

  #newOrder({ payload }: Signed, response: ServerResponse): void {
    const { identifiers, replaces, profile } = payload as Order;
    if (replaces !== undefined && this.orders.some((one) => one.replaces === replaces && one.status === "valid"))
      throw new Problem(409, "alreadyReplaced", "this certificate was replaced before");
    const authorizations = identifiers.map((identifier) => {
      return { identifier, token: randomBytes(24).toString("base64url"), status: "pending" };
    });
    this.orders.push({ identifiers, replaces, profile, authorizations, status: "pending" });
    const number = this.orders.length - 1;
    response.setHeader("Location", this.#url(`/order/${number}`));
    this.#tellOrder(number, response, 201);
  }

  #tellOrder(number: number, response: ServerResponse, status = 200): void {
    const order = this.orders[number]!;
    const places = order.authorizations.map((_, index) => this.#url(`/authorization/${number}/${index}`));
    response.setHeader("Retry-After", "0");
    reply(response, status, {
      status: order.status,
      identifiers: order.identifiers,
      authorizations: places,
      finalize: this.#url(`/order/${number}/finalize`),
      ...(order.certificate !== undefined && { certificate: this.#url(`/certificate/${number}`) }),
      ...(order.error && { error: order.error }),
    });
  }

  #tellAuthorization(
    path: string,
    { identifier, token, type: chosen, status, error }: Authorization,
    response: ServerResponse,
  ): void {
    response.setHeader("Retry-After", "0");
    const url = this.#url(path.replace("authorization", "challenge"));
    const challenges = this.wishes.challengeTypes.map((type) => {
      const own = type === (chosen ?? "http-01") ? { status, error } : { status: "pending" };
      return { type, token, url: type === "http-01" ? url : `${url}/${type}`, ...own };
    });
    reply(response, 200, { identifier, status, challenges });
  }

  /** RFC 8555 §8.3, RFC 8737 §3: asks the challenge's port, as the authority would ask port 80 or 443. */
  async #check(
    order: Order,
    index: number,
    { payload, account }: Signed,
    response: ServerResponse,
    type = "http-01",
  ): Promise<void> {
    assert.deepEqual(payload, {});
    const authorization = order.authorizations[index]!;
    const { identifier, token } = authorization;
    authorization.type = type;
    reply(response, 200, { type, status: "processing", token });
    const wanted = `${token}.${account!.thumbprint}`;
    const asked =
      type === "http-01"
        ? answerFrom(this.wishes.challengePort, identifier.value, token)
        : answerInHandshake(this.wishes.tlsPort, identifier, wanted);
    const found = await asked.catch(String);
    if (found === wanted) authorization.status = "valid";
    else {
      authorization.status = "invalid";
      authorization.error = { type: `${URN}unauthorized`, detail: `the answer at ${identifier.value} was ${found}` };
      order.status = "invalid";
    }
    if (order.authorizations.every(({ status }) => status === "valid")) order.status = "ready";
  }

  #finalize(order: Order, { payload }: Signed, response: ServerResponse, number: number): void {
    assert.equal(order.status, "ready");
    const csr = Buffer.from((payload as { csr: string }).csr, "base64url");
    const key = verifiedKey(csr, order.identifiers);
    const nowMs = this.wishes.now();
    const keyId = encode(SEQUENCE, encode(contextTag(0, false), this.#keyId));
    const leaf = writeCertificate(
      {
        subject: "",
        issuer: "Authority for tests of Heddle",
        notBefore: nowMs - 3_600_000,
        notAfter: nowMs - 3_600_000 + this.wishes.lifetimeMs,
        key,
        extensions: [
          alternativeNames(this.wishes.issuedFor ?? order.identifiers),
          encode(SEQUENCE, encodeObjectId("2.5.29.35"), encode(OCTET_STRING, keyId)),
        ],
      },
      this.#authorityKey,
    );
    order.certificate = writePem("CERTIFICATE", leaf) + this.authority;
    order.status = "valid";
    this.#tellOrder(number, response);
  }

  #renewalInfo(path: string, response: ServerResponse): void {
    const { window } = this.wishes;
    if (window === undefined) throw new Problem(404, "malformed", "there is no renewal information");
    const { start, end, retryAfterSeconds = 21_600, explanationUrl } = window(path.split("/").at(-1)!);
    response.setHeader("Retry-After", String(retryAfterSeconds));
    const suggestedWindow = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    reply(response, 200, { suggestedWindow, explanationURL: explanationUrl });
  }
}

/** The public key of a request that is signed by it, and names what the order does. */
function verifiedKey(csr: Buffer, identifiers: readonly Identifier[]): KeyObject {
  const [info, , signature] = decodeAll(decodeAll(csr)[0]!.content);
  const [version, subject, publicKey, attributes] = decodeAll(info!.content);
  assert.deepEqual([...version!.content], [0]);
  assert.equal(subject!.content.length, 0);
  const key = createPublicKey({ key: publicKey!.raw, format: "der", type: "spki" });
  assert.ok(verify("sha256", info!.raw, key, signature!.content.subarray(1)), "the request is signed by its key");
  // The extension as a whole, which is written in one way only.
  assert.ok(attributes!.content.includes(alternativeNames(identifiers)), "the request names what the order does");
  return key;
}

async function answerFrom(port: number, host: string, token: string): Promise<string> {
  const request = get({ host: "127.0.0.1", port, path: `/.well-known/acme-challenge/${token}`, headers: { host } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const text = await textOf(response);
  return response.statusCode === 200 ? text : `status ${response.statusCode}`;
}

/** @returns what is wanted, if the certificate proves it */
async function answerInHandshake(port: number, identifier: Identifier, wanted: string): Promise<string> {
  const servername = questionNameOf(identifier);
  const options = { servername, ALPNProtocols: ["acme-tls/1"], rejectUnauthorized: false };
  const socket = connect({ port, host: "127.0.0.1", ...options });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate()!;
  const { alpnProtocol } = socket;
  // Nothing is said after the handshake, and the server ends the connection.
  assert.equal(await textOf(socket), "");
  assert.equal(alpnProtocol, "acme-tls/1");
  assert.ok(certificate.verify(certificate.publicKey), "the certificate is signed by itself");
  assert.ok(certificate.raw.includes(alternativeNames([identifier])));
  assert.equal(certificate.subjectAltName!.split(",").length, 1);
  const digest = createHash("sha256").update(wanted).digest();
  const extension = encode(
    SEQUENCE,
    encodeObjectId("1.3.6.1.5.5.7.1.31"),
    encode(1, Buffer.from([0xff])),
    encode(OCTET_STRING, encode(OCTET_STRING, digest)),
  );
  return certificate.raw.includes(extension) ? wanted : "a certificate for another account, or another token";
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}

function parsed(base64url: string): unknown {
  return JSON.parse(Buffer.from(base64url, "base64url").toString());
}

function reply(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(content));
}

function refuse(response: ServerResponse, { status, type, detail, retryAfter, subproblems }: Refusal): void {
  if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: URN + type, detail, subproblems }));
}
