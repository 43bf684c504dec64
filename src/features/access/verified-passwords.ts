// Passwords that were right, as keyed hashes, so that only the first request with one takes long. Each is remembered
// with the hash against which it was verified: it is worth nothing once the user has another password, or is removed.

/** Users with a password that was right; each costs about 300 bytes. */
const KEPT_COUNT = 10_000;

export class VerifiedPasswords {
  #key: Buffer | undefined;
  readonly #digests = new Map<string, Buffer>();

  /** What stands for the password in the questions below. */
  digestOf(user: string, password: string): Buffer {
    const { createHmac, randomBytes } = crypto();
    this.#key ??= randomBytes(32);
    return createHmac("sha256", this.#key).update(`${user}:${password}`).digest();
  }

  /** @param hash of the user's password, as it is configured */
  has(user: string, hash: string, digest: Buffer): boolean {
    const verified = this.#digests.get(`${user}:${hash}`);
    return verified !== undefined && crypto().timingSafeEqual(verified, digest);
  }

  add(user: string, hash: string, digest: Buffer): void {
    const oldest = this.#digests.size < KEPT_COUNT ? undefined : this.#digests.keys().next().value;
    if (oldest !== undefined) this.#digests.delete(oldest);
    this.#digests.set(`${user}:${hash}`, digest);
  }
}

/** Loaded with the first password: Node takes 3 ms in each thread. */
function crypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
