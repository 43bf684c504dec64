// The certificates of a server, from the first reading to the last: which files they are in, and whether these have
// changed. Certificates are renewed every few days or weeks, while the server runs.
import { randomBytes } from "node:crypto";
import { OptionError, type OptionMistake, placeName } from "../../options/mistakes.ts";
import { Retry } from "../../options/sources/retry.ts";
import { type FileVersion, versionOf, watchFile } from "../../options/sources/watch-file.ts";
import {
  type Certificate,
  CertificateError,
  type CertificateFiles,
  readCertificate,
  type TlsMaterial,
} from "../../tls/certificate.ts";

/** SSL_CTX_set_tlsext_ticket_keys. */
const TICKET_KEY_BYTES = 80;
const DAY_MS = 86_400_000;
/**
 * Who learns a key can read all sessions that were resumed by tickets of that key (RFC 8446 §F.1), so it does not live for
 * long. A ticket is good for two hours; one of a former key costs its client a whole handshake.
 */
const TICKET_KEY_LIFETIME_MS: number = DAY_MS / 2;
/** Shorter than any renewal should wait: certificates that live for six days are renewed after four. */
const EXPIRY_WARNING_MS: number = 1.5 * DAY_MS;

export class Certificates {
  readonly #files: readonly CertificateFiles[];
  #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  /** By path, as they were when they were read last. */
  #versions: ReadonlyMap<string, FileVersion> = new Map();
  #material: TlsMaterial | undefined;
  #ends: (() => void)[] = [];

  constructor(files: readonly CertificateFiles[]) {
    this.#files = files;
  }

  /** @throws {OptionError} for the files that cannot be used; what was read before stays known */
  async read(): Promise<TlsMaterial> {
    // Asked before they are read: a file that changes meanwhile is read again.
    const paths = this.#files.flatMap(({ cert, key }) => [cert, key]);
    const versions = await Promise.all(paths.map(async (path) => [path, await versionOf(path)] as const));
    this.#versions = new Map(versions);
    const certificates = await this.#readAll();
    this.#material = { certificates, ticketKeys: this.#ticketKeys };
    return this.#material;
  }

  /** Makes other keys for session tickets. To be called after `read`. */
  exchangeTicketKeys(): TlsMaterial {
    this.#ticketKeys = randomBytes(TICKET_KEY_BYTES);
    this.#material = { ...this.#material!, ticketKeys: this.#ticketKeys };
    return this.#material;
  }

  /**
   * Reads the files again when they change. To be called after `read`.
   * @param onChange told of other certificates, which are checked
   * @param onWarning told why a change cannot be used, and when a certificate is about to expire
   */
  watch(onChange: (material: TlsMaterial) => void, onWarning: (text: string) => void): void {
    const readOnce = async (): Promise<void> => {
      try {
        onChange(await this.read());
        retry.succeeded();
        this.#warnOfExpiry(onWarning);
      } catch (error) {
        const reason = (error instanceof Error ? error.message : String(error)).replaceAll("\n", "; ");
        // The second file of a pair may not be there yet, or not readable yet.
        if (retry.refused(reason, paths)) onWarning(`the old certificates stay in use: ${reason}`);
      }
    };
    // One after the other: both files of a pair change at once, and an older reading must not have the last word.
    let last = Promise.resolve();
    const reread = (): void => {
      last = last.then(readOnce);
    };
    const retry = new Retry(reread);
    const paths = [...this.#versions.keys()];
    this.#ends = paths.map((path) => watchFile(path, () => this.#versions.get(path), reread));
    const exchange = setInterval(() => onChange(this.exchangeTicketKeys()), TICKET_KEY_LIFETIME_MS).unref();
    this.#ends.push(() => clearInterval(exchange));
    const daily = setInterval(() => this.#warnOfExpiry(onWarning), DAY_MS).unref();
    this.#ends.push(
      () => clearInterval(daily),
      () => retry.end(),
    );
    this.#warnOfExpiry(onWarning);
  }

  endWatch(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  async #readAll(): Promise<Certificate[]> {
    const read = await Promise.allSettled(this.#files.map(readCertificate));
    const mistakes = read.flatMap((one, index) => (one.status === "rejected" ? this.#mistakes(one.reason, index) : []));
    if (mistakes.length > 0) throw new OptionError(mistakes);
    return read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  #mistakes(error: unknown, index: number): OptionMistake[] {
    if (!(error instanceof CertificateError)) throw error;
    const place = this.#files.length === 1 ? ["tls"] : ["tls", index];
    return error.problems.map(({ option, file, wanted }) => ({
      option: placeName([...place, option]),
      found: JSON.stringify(file),
      wanted,
    }));
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
