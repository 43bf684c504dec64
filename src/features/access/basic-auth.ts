// Basic authentication (RFC 7617) with several users. A verified password is remembered as a keyed hash, so that only
// its first request takes long. Wrong passwords are not remembered, and only a few are verified at once, so that
// guessing costs the guesser's time and not our processors.
import type { Reply, Request } from "../../http/message.ts";
import { passwordHashProblem, verifyPassword } from "./password.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

/** Users and their passwords: Basic authentication (RFC 7617). */
export interface BasicAuthOptions {
  /** Shown by the browser. @default "restricted" */
  readonly realm?: string;
  /** Password hashes by user name. */
  readonly users: Readonly<Record<string, string>>;
}

/** The user's name; "challenge" for 401; "busy" for 503. */
export type Authenticated = { readonly user: string } | "challenge" | "busy";

/** Guesses that are verified at once, on one thread: each may take 128 MiB. */
const VERIFYING_COUNT = 2;
/** Guesses that may wait; further ones get a 503. */
const WAITING_COUNT = 32;
/** RFC 7617 sets no limit; longer credentials belong to no user. */
const CREDENTIALS_LIMIT_BYTES = 1024;

export class BasicAuth {
  readonly #users: ReadonlyMap<string, string>;
  readonly #realm: string;
  readonly #verified: VerifiedPasswords;
  #waiting: (() => void)[] = [];
  #verifyingCount = 0;

  /**
   * @param verified passwords that need not be verified again
   * @throws {TypeError} for a name, a realm or a hash that cannot be used
   */
  constructor({ realm, users }: Required<BasicAuthOptions>, verified: VerifiedPasswords = new VerifiedPasswords()) {
    if (!/^[ !#-[\]-~]+$/.test(realm)) throw new TypeError(`not a realm: ${JSON.stringify(realm)}`);
    for (const [name, hash] of Object.entries(users)) {
      // RFC 7617 §2: the first colon ends the name.
      if (name === "" || /[:\0-\x1f\x7f]/.test(name)) throw new TypeError(`not a user name: ${JSON.stringify(name)}`);
      const problem = passwordHashProblem(hash);
      if (problem !== undefined) throw new TypeError(`the password of ${JSON.stringify(name)}: wanted ${problem}`);
    }
    this.#realm = realm;
    this.#verified = verified;
    this.#users = new Map(Object.entries(users));
  }

  /** RFC 9110 §11.6.1. */
  get challenge(): Pick<Reply, "fields"> {
    return { fields: `WWW-Authenticate: Basic realm="${this.#realm}", charset="UTF-8"\r\n` };
  }

  /** At once for a password that was right earlier, and without one; otherwise once it is verified. */
  authenticate(request: Pick<Request, "field">): Authenticated | Promise<Authenticated> {
    const credentials = parseCredentials(request.field("authorization"));
    if (credentials === undefined) return "challenge";
    const { user, password } = credentials;
    const digest = this.#verified.digestOf(user, password);
    const hash = this.#users.get(user);
    if (hash !== undefined && this.#verified.has(user, hash, digest)) return { user };
    if (this.#verifyingCount >= VERIFYING_COUNT && this.#waiting.length >= WAITING_COUNT) return "busy";
    return this.#verify(user, password, digest);
  }

  async #verify(user: string, password: string, digest: Buffer): Promise<Authenticated> {
    while (this.#verifyingCount >= VERIFYING_COUNT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#verifyingCount++;
    try {
      // An unknown name takes as long as a known one.
      const [anyHash] = this.#users.values();
      const hash = this.#users.get(user);
      const isRight = anyHash !== undefined && (await verifyPassword(password, hash ?? anyHash));
      if (!isRight || hash === undefined) return "challenge";
      this.#verified.add(user, hash, digest);
      return { user };
    } finally {
      this.#verifyingCount--;
      this.#waiting.shift()?.();
    }
  }
}

/** RFC 7617 §2; UTF-8, as the challenge asks for. */
function parseCredentials(value: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^basic +([\w+/-]+={0,2})[\t ]*$/i.exec(value ?? "")?.[1];
  if (encoded === undefined || encoded.length > CREDENTIALS_LIMIT_BYTES) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
