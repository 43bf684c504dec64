// The certificates of a server, from the first reading to the last: which files they are in, and whether these have
// changed. Certificates are renewed every few days or weeks, while the server runs. With ACME, a keeper writes the files.
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { OptionError, type OptionMistake, placeName } from "../../options/mistakes.ts";
import { Retry } from "../../options/sources/retry.ts";
import { type FileVersion, versionOf, watchFile } from "../../options/sources/watch-file.ts";
import { type Certificate, type CertificateFiles, readCertificate, type TlsMaterial } from "../../tls/certificate.ts";
import { CertificateError } from "../../tls/certificate-files.ts";
import { type ClientRuleFiles, type ClientRules, earliestExpiry, readClientRules } from "../../tls/client-rules.ts";

/** Three of 16, 32 and 32 bytes: the name, the key of the HMAC and that of AES. SSL_CTX_set_tlsext_ticket_keys */
const TICKET_KEY_BYTES = 80;
const DAY_MS = 86_400_000;
/**
 * Who learns a key can read all sessions that were resumed by tickets of that key (RFC 8446 §F.1), so it does not live for
 * long. A ticket is good for two hours; one of a former key costs its client a whole handshake.
 */
const TICKET_KEY_LIFETIME_MS: number = DAY_MS / 2;
/** Shorter than any renewal should wait: certificates that live for six days are renewed after four. */
const EXPIRY_WARNING_MS: number = 1.5 * DAY_MS;

/** Why a folder cannot be written, in words. */
const UNWRITABLE: Readonly<Record<string, string | undefined>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  ENOSPC: "no space is left there",
  EDQUOT: "no space is left there",
  EROFS: "the file system there is read-only",
  ENOTDIR: "a file is in its way",
};

/** Writes the files, where an authority gives the certificate. */
interface Keeper {
  /** There are files afterwards. @throws the system's error when they cannot be written */
  prepare(): Promise<void>;
  /** @param isPlainHttpOpen whether this server answers questions over plain HTTP, too */
  begin(isPlainHttpOpen: boolean): void;
  end(): Promise<void>;
}

/** The keys of the server whose place this process takes: clients of that one resume their sessions. */
let firstKeys: Uint8Array | undefined;

export function inheritTicketKeys(keys: Uint8Array): void {
  if (keys.length === TICKET_KEY_BYTES) firstKeys = keys;
}

type TlsFiles = CertificateFiles & ClientRuleFiles;

export class Certificates {
  readonly #files: readonly TlsFiles[];
  readonly #challengeFolder: string | undefined;
  readonly #makeKeeper: () => Promise<Keeper | undefined>;
  readonly #keeperOption: string;
  #keeper: Keeper | undefined;
  #ticketKeys: Uint8Array = firstKeys ?? randomBytes(TICKET_KEY_BYTES);
  /** By path, as they were when they were read last. */
  #versions: ReadonlyMap<string, FileVersion> = new Map();
  #material: TlsMaterial | undefined;
  #ends: (() => void)[] = [];

  /**
   * @param files the rules for clients are the same in all of them
   * @param challengeFolder as in `TlsMaterial`
   * @param keeper makes the keeper of the files, where an authority gives the certificate
   * @param keeperOption names the folder that it writes to
   */
  constructor(
    files: readonly TlsFiles[],
    challengeFolder: string | undefined,
    keeper: () => Promise<Keeper | undefined>,
    keeperOption: string,
  ) {
    this.#files = files;
    this.#challengeFolder = challengeFolder;
    this.#makeKeeper = keeper;
    this.#keeperOption = keeperOption;
  }

  /** As `read`, for the first time: with ACME there may be no files yet. */
  async readFirst(): Promise<TlsMaterial> {
    this.#keeper = await this.#makeKeeper();
    await this.#keeper?.prepare().catch((error: unknown) => {
      throw this.#unwritable(error as NodeJS.ErrnoException);
    });
    return this.read();
  }

  /** A full disk or a folder of another user is no mistake of ours, and has nothing to do with the port. */
  #unwritable(error: NodeJS.ErrnoException): Error {
    const { code, path } = error;
    if (code === undefined || !/^E[A-Z\d]+$/.test(code)) return error;
    const folder = path ?? dirname(this.#files[0]!.cert!);
    const wanted = `a place for keys and certificates that can be written (${UNWRITABLE[code] ?? code})`;
    return new OptionError(this.#keeperOption, folder, wanted);
  }

  /** @throws {OptionError} for the files that cannot be used; what was read before stays known */
  async read(): Promise<TlsMaterial> {
    // Asked before they are read: a file that changes meanwhile is read again.
    const paths = this.#files.flatMap(pathsOf);
    const versions = await Promise.all(paths.map(async (path) => [path, await versionOf(path)] as const));
    this.#versions = new Map(versions);
    const { certificates, clients } = await this.#readAll();
    this.#refuseUntimely(certificates);
    const challengeFolder = this.#challengeFolder;
    this.#material = { certificates, clients, ticketKeys: this.#ticketKeys, challengeFolder };
    return this.#material;
  }

  get ticketKeys(): Uint8Array {
    return this.#ticketKeys;
  }

  /** The certificates in use, the first first. */
  get inUse(): readonly Certificate[] {
    return this.#material?.certificates ?? [];
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
   * @param isPlainHttpOpen as in `Keeper.begin`
   */
  watch(onChange: (material: TlsMaterial) => void, onWarning: (text: string) => void, isPlainHttpOpen: boolean): void {
    const warn = (texts: readonly string[]): void => {
      for (const text of texts) onWarning(text);
    };
    const readOnce = async (): Promise<void> => {
      try {
        onChange(await this.read());
        retry.succeeded();
        warn(this.warnings());
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
    const daily = setInterval(() => warn(this.#expiries()), DAY_MS).unref();
    this.#ends.push(
      () => clearInterval(daily),
      () => retry.end(),
    );
    warn(this.warnings());
    this.#keeper?.begin(isPlainHttpOpen);
  }

  async endWatch(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.#keeper?.end();
  }

  async #readAll(): Promise<{ certificates: Certificate[]; clients: ClientRules | undefined }> {
    const [pairs, [rules]] = await Promise.all([
      Promise.allSettled(this.#files.map(readCertificate)),
      Promise.allSettled([readClientRules(this.#files[0])]),
    ]);
    const mistakes = pairs.flatMap((one, index) =>
      one.status === "rejected" ? this.#mistakes(one.reason, index) : [],
    );
    if (rules.status === "rejected") mistakes.push(...this.#mistakes(rules.reason, 0));
    if (mistakes.length > 0) throw new OptionError(mistakes);
    const certificates = pairs.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    return { certificates, clients: rules.status === "fulfilled" ? rules.value : undefined };
  }

  #mistakes(error: unknown, index: number): OptionMistake[] {
    if (!(error instanceof CertificateError)) throw error;
    const place = this.#files.length === 1 ? ["tls"] : ["tls", index];
    return error.problems.map(({ option, found, wanted }) => ({
      option: placeName([...place, option]),
      found,
      wanted,
    }));
  }

  /** At the start there may be no better one, and a site that can be looked at with a warning is better than none. */
  #refuseUntimely(certificates: readonly Certificate[]): void {
    for (const [index, { validFrom, expiresAt }] of certificates.entries()) {
      const former = this.#material?.certificates[index];
      if (former === undefined || !isValidNow(former) || isValidNow({ validFrom, expiresAt })) continue;
      const when =
        expiresAt < Date.now() ? `expired on ${timeOf(expiresAt)}` : `is valid from ${timeOf(validFrom)} only`;
      throw new Error(`the certificate in ${nameOf(this.#files[index]!)} ${when}`);
    }
  }

  /** What is wrong with certificates that are served all the same. To be called after `read`. */
  warnings(): string[] {
    const ofCertificates = (this.#material?.certificates ?? []).flatMap(({ validFrom, warnings }, index) => {
      if (validFrom <= Date.now()) return warnings;
      const name = nameOf(this.#files[index]!);
      return [...warnings, `clients refuse the certificate in ${name}: it is valid from ${timeOf(validFrom)} only`];
    });
    return [...ofCertificates, ...this.#expiries()];
  }

  #expiries(): string[] {
    const texts = (this.#material?.certificates ?? []).flatMap(({ expiresAt }, index) => {
      const when = expiryOf(expiresAt);
      return when === undefined ? [] : [`the certificate in ${nameOf(this.#files[index]!)} ${when}`];
    });
    const clients = this.#material?.clients;
    const when = clients && expiryOf(earliestExpiry(clients));
    if (when !== undefined) texts.push(`clients are refused: an authority in ${this.#files[0]!.clientCa} ${when}`);
    return texts;
  }
}

/**
 * Reads the files without serving: the way to learn before a restart that one is missing or belongs to another.
 * @returns warnings
 * @throws {OptionError}
 */
export async function checkCertificates(files: readonly TlsFiles[]): Promise<string[]> {
  const certificates = new Certificates(files, undefined, async () => undefined, "tls");
  await certificates.read();
  return certificates.warnings();
}

function pathsOf({ cert, key, pfx, passphraseFile, clientCa }: TlsFiles): string[] {
  return [cert, key, pfx, passphraseFile, clientCa].filter((path) => path !== undefined);
}

function nameOf({ cert, pfx }: CertificateFiles): string {
  return (cert ?? pfx)!;
}

function isValidNow({ validFrom, expiresAt }: Pick<Certificate, "validFrom" | "expiresAt">): boolean {
  const nowMs = Date.now();
  return validFrom <= nowMs && nowMs < expiresAt;
}

/** Undefined where there is time enough. */
function expiryOf(expiresAt: number): string | undefined {
  const leftMs = expiresAt - Date.now();
  if (leftMs > EXPIRY_WARNING_MS) return undefined;
  return `${leftMs < 0 ? "expired" : "expires"} on ${timeOf(expiresAt)}`;
}

/** "Fri, 01 Jan 2027 00:00:00 GMT" */
function timeOf(ms: number): string {
  return new Date(ms).toUTCString();
}
