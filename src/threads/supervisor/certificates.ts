// The certificates of a server, from the first reading to the last: which files they are in, and whether these have
// changed. Certificates are renewed every few days or weeks, while the server runs. With ACME, a keeper writes the files.
import { randomBytes } from "node:crypto";
import type { CertificateKeeper } from "../../acme/keeper.ts";
import { type FileVersion, versionOf, watchFile } from "../../options/sources/watch-file.ts";
import { type CertificateFiles, readCertificate, type TlsMaterial } from "../../tls/certificate.ts";

/** SSL_CTX_set_tlsext_ticket_keys. */
const TICKET_KEY_BYTES = 80;
const DAY_MS = 86_400_000;
/** Shorter than any renewal should wait: certificates that live for six days are renewed after four. */
const EXPIRY_WARNING_MS: number = 1.5 * DAY_MS;

export class Certificates {
  readonly #files: readonly CertificateFiles[];
  readonly #makeKeeper: () => Promise<CertificateKeeper | undefined>;
  #keeper: CertificateKeeper | undefined;
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  /** By path, as they were when they were read last with success. */
  #versions: ReadonlyMap<string, FileVersion> = new Map();
  #material: TlsMaterial | undefined;
  #lastFailure = "";
  #ends: (() => void)[] = [];

  /** @param keeper makes the keeper of the files, where an authority gives the certificate */
  constructor(files: readonly CertificateFiles[], keeper: () => Promise<CertificateKeeper | undefined>) {
    this.#files = files;
    this.#makeKeeper = keeper;
  }

  /** As `read`, for the first time: with ACME there may be no files yet. */
  async readFirst(): Promise<TlsMaterial> {
    this.#keeper = await this.#makeKeeper();
    await this.#keeper?.prepare();
    return this.read();
  }

  /** @throws {CertificateError} for the first file that cannot be used; what was read before stays known */
  async read(): Promise<TlsMaterial> {
    // Asked before they are read: a file that changes meanwhile is read again.
    const paths = this.#files.flatMap(({ cert, key }) => [cert, key]);
    const versions = await Promise.all(paths.map(async (path) => [path, await versionOf(path)] as const));
    const certificates = await Promise.all(this.#files.map(readCertificate));
    this.#versions = new Map(versions);
    this.#material = { certificates, ticketKeys: this.#ticketKeys };
    return this.#material;
  }

  /**
   * Reads the files again when they change. To be called after `read`.
   * @param onChange told of other certificates, which are checked
   * @param onWarning told why a change cannot be used, and when a certificate is about to expire
   */
  watch(onChange: (material: TlsMaterial) => void, onWarning: (text: string) => void): void {
    const reread = async (): Promise<void> => {
      try {
        onChange(await this.read());
        this.#lastFailure = "";
        this.#warnOfExpiry(onWarning);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        // Tried again as long as the files differ: the second file of a pair may not be there yet.
        if (reason !== this.#lastFailure) onWarning(`the old certificates stay in use: ${reason}`);
        this.#lastFailure = reason;
      }
    };
    this.#ends = [...this.#versions.keys()].map((path) =>
      watchFile(
        path,
        () => this.#versions.get(path),
        () => void reread(),
      ),
    );
    const daily = setInterval(() => this.#warnOfExpiry(onWarning), DAY_MS).unref();
    this.#ends.push(() => clearInterval(daily));
    this.#warnOfExpiry(onWarning);
    this.#keeper?.begin();
  }

  async endWatch(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.#keeper?.end();
  }

  #warnOfExpiry(onWarning: (text: string) => void): void {
    for (const [index, { expiresAt }] of (this.#material?.certificates ?? []).entries()) {
      const leftMs = expiresAt - Date.now();
      if (leftMs > EXPIRY_WARNING_MS) continue;
      const when = new Date(expiresAt).toUTCString();
      onWarning(`the certificate in ${this.#files[index]!.cert} ${leftMs < 0 ? "expired" : "expires"} on ${when}`);
    }
  }
}
