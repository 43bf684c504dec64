// Keeps one certificate good for as long as the server runs: orders the first, asks the authority when to renew, renews, and
// tries again after failures. Writes files only; whoever serves watches them (threads/supervisor/certificates.ts).
import { createPrivateKey } from "node:crypto";
import { dirname } from "node:path";
import { answerFile, answerTo, questionNameOf } from "../tls/challenge.ts";
import { type Identifier, identifierOf } from "../tls/identifiers.ts";
import { standIn } from "../tls/x509.ts";
import { type AccountChoice, enterAccount } from "./account.ts";
import { ask, type Connection } from "./client.ts";
import { type Clock, SYSTEM_CLOCK, withJitter } from "./clock.ts";
import { takeLock } from "./lock.ts";
import { type ChallengeType, obtain, type Question } from "./order.ts";
import { challengeFolder, type Places, placesOf } from "./places.ts";
import { AcmeError, retryAfterMs } from "./problem.ts";
import {
  type CertificateLife,
  checkDelay,
  lifeOf,
  type RenewalWindow,
  renewalByLifetime,
  renewalByWindow,
  retryDelay,
  windowOf,
} from "./renewal.ts";
import { makePrivateFolder, publishAnswer, readIfThere, readJson, removeFile, writePrivately } from "./storage.ts";

export interface KeeperOptions extends AccountChoice {
  /** Names and addresses, each in its canonical form; at least one. */
  readonly domains: readonly string[];
  /** URL of the authority's directory. */
  readonly directory: string;
  readonly profile: string | undefined;
  /** How names are proved; undefined tries one way after the other. */
  readonly challenge: ChallengeType | undefined;
  /** Absolute path. */
  readonly keyFolder: string;
}

export interface KeeperEvents {
  readonly onNotice: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

/** Shared by all processes with the same folder. */
interface State {
  /** Since the last success. */
  readonly failureCount: number;
  /** In ms since 1970. */
  readonly retryAtMs: number;
  /** When a certificate of the authority took the place of another. */
  readonly renewedAtMs: number;
}

const NEW_STATE: State = { failureCount: 0, retryAtMs: 0, renewedAtMs: 0 };

/** What is known of the certificate in use. */
interface Plan {
  /** The text of the file. */
  readonly pem: string;
  readonly renewAtMs: number;
  /** When to ask the authority the next time. */
  readonly checkAtMs: number;
  /** By which the time was chosen; undefined when the authority suggests none. */
  readonly window: RenewalWindow | undefined;
}

/** Another process orders: it takes seconds, or minutes at worst. */
const LOCKED_WAIT_MS = 5_000;
/** An authority that wants every certificate renewed at once, again and again, gets one order an hour. */
const SHORTEST_RENEWAL_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Whether an authority without suggestions has learned to make some. */
const DAY_MS = 86_400_000;

export class CertificateKeeper {
  readonly #options: KeeperOptions;
  readonly #events: KeeperEvents;
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #identifiers: readonly Identifier[];
  readonly #end = new AbortController();
  #isPlainHttpOpen = true;
  #plan: Plan | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions, events: KeeperEvents, clock: Clock = SYSTEM_CLOCK) {
    this.#options = options;
    this.#events = events;
    this.#clock = clock;
    this.#places = placesOf(options.keyFolder, options.directory, options.domains);
    this.#identifiers = options.domains.map(identifierOf);
  }

  /** Makes the folders and, where there is no certificate that can be used, one that nobody trusts. */
  async prepare(): Promise<void> {
    const { account, certificate } = this.#places;
    for (const path of [challengeFolder(this.#options.keyFolder), dirname(account), dirname(certificate)]) {
      await makePrivateFolder(path);
    }
    if (!isUsable(await readIfThere(certificate)))
      await writePrivately(certificate, standIn(this.#identifiers, this.#clock.now()));
  }

  /**
   * To be called after `prepare`, and when the challenges can be answered.
   * @param isPlainHttpOpen whether this process answers over plain HTTP. If not, something else may
   */
  begin(isPlainHttpOpen: boolean): void {
    this.#isPlainHttpOpen = isPlainHttpOpen;
    this.#running = this.#run();
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const waitMs = await this.#turn().catch((error: unknown) => this.#giveUp(error));
      await this.#clock.wait(waitMs, signal).catch(() => {});
    }
  }

  /** @returns how long nothing has to be done, in ms */
  async #turn(): Promise<number> {
    const pem = (await readIfThere(this.#places.certificate)) ?? "";
    const life = isUsable(pem) ? lifeOf(pem) : undefined;
    const { retryAtMs, renewedAtMs } = await this.#readState();
    const nowMs = this.#clock.now();
    if (retryAtMs > nowMs) return retryAtMs - nowMs;
    if (life === undefined || life.isStandIn) return this.#order(pem, undefined);
    const { renewAtMs, checkAtMs } = await this.#planFor(pem, life, renewedAtMs);
    return renewAtMs <= nowMs ? this.#order(pem, life) : Math.min(renewAtMs, checkAtMs) - nowMs;
  }

  async #planFor(pem: string, life: CertificateLife, renewedAtMs: number): Promise<Plan> {
    const known = this.#plan?.pem === pem ? this.#plan : undefined;
    if (known !== undefined && known.checkAtMs > this.#clock.now()) return known;
    const { window, checkAtMs } = await this.#askForWindow(life);
    const { random } = this.#clock;
    // A time that was chosen stays, as long as it is in the window.
    const isGood = known !== undefined && isSameWindow(known.window, window);
    const chosen = window === undefined ? renewalByLifetime(life, random()) : renewalByWindow(window, random());
    const renewAtMs = isGood ? known.renewAtMs : Math.max(chosen, renewedAtMs + SHORTEST_RENEWAL_MS);
    const reason = window?.explanationUrl;
    if (!isGood && known !== undefined && reason !== undefined)
      this.#events.onNotice(`the authority moved the renewal of ${this.#name}: ${reason}`);
    this.#plan = { pem, renewAtMs, checkAtMs, window };
    return this.#plan;
  }

  /** RFC 9773 §4. An authority that cannot say when is asked again later. */
  async #askForWindow({ ariId }: CertificateLife): Promise<{ window: RenewalWindow | undefined; checkAtMs: number }> {
    const { clock } = this.#connection;
    let window: RenewalWindow | undefined;
    let retryAtMs: number | undefined;
    try {
      const { json } = await ask(this.#connection, this.#options.directory);
      const { renewalInfo } = (json ?? {}) as { renewalInfo?: string };
      if (renewalInfo === undefined || ariId === undefined)
        return { window, checkAtMs: clock.now() + withJitter(DAY_MS, clock.random()) };
      const answer = await ask(this.#connection, `${renewalInfo}/${ariId}`);
      window = windowOf(answer.json);
      retryAtMs = retryAfterMs(answer.headers.get("retry-after"), clock.now());
    } catch (error) {
      if (!(error instanceof AcmeError)) throw error;
      // Known from before, or the share of the lifetime: both need no authority.
      window = this.#plan?.window;
      retryAtMs = error.retryAtMs;
    }
    return { window, checkAtMs: clock.now() + withJitter(checkDelay(retryAtMs, clock.now()), clock.random()) };
  }

  /** @param life of the certificate that is renewed */
  async #order(pem: string, life: CertificateLife | undefined): Promise<number> {
    const release = await takeLock(this.#places.lock);
    if (release === undefined) return withJitter(LOCKED_WAIT_MS, this.#clock.random());
    try {
      // Another process may have ordered since, or may have failed.
      if ((await readIfThere(this.#places.certificate)) !== pem) return 0;
      const { retryAtMs, failureCount, renewedAtMs } = await this.#readState();
      if (retryAtMs > this.#clock.now()) return 0;
      try {
        const renewed = await this.#obtain(life?.ariId, this.#challengesAfter(failureCount));
        await writePrivately(this.#places.certificate, renewed);
        await this.#writeState({ ...NEW_STATE, renewedAtMs: life === undefined ? renewedAtMs : this.#clock.now() });
        this.#events.onNotice(`${this.#name} has a certificate until ${dateOf(lifeOf(renewed).notAfter)}`);
        return 0;
      } catch (error) {
        this.#end.signal.throwIfAborted();
        return await this.#fail(error, failureCount + 1, life);
      }
    } finally {
      await release();
    }
  }

  /** The way that seems best and, after a failure, the other: only one of both ports may be reached from outside. */
  #challengesAfter(failureCount: number): ChallengeType[] {
    const { challenge } = this.#options;
    if (challenge !== undefined) return [challenge];
    const isHttpFirst = this.#isPlainHttpOpen === (failureCount % 2 === 0);
    return isHttpFirst ? ["http-01", "tls-alpn-01"] : ["tls-alpn-01", "http-01"];
  }

  async #obtain(replaces: string | undefined, challenges: readonly ChallengeType[]): Promise<string> {
    try {
      return await this.#obtainOnce(replaces, challenges);
    } catch (error) {
      // The authority has forgotten the account, as authorities for tests do.
      if (!(error instanceof AcmeError) || error.type !== "accountDoesNotExist") throw error;
      await removeFile(this.#places.account);
      return this.#obtainOnce(replaces, challenges);
    }
  }

  async #obtainOnce(replaces: string | undefined, challenges: readonly ChallengeType[]): Promise<string> {
    const { client, isNew } = await enterAccount(this.#connection, this.#places.account, this.#options);
    const { termsOfService } = client.directory.meta ?? {};
    if (isNew && termsOfService !== undefined)
      this.#events.onNotice(`agreed to the terms of the authority: ${termsOfService}`);
    return obtain(client, {
      identifiers: this.#identifiers,
      profile: this.#options.profile,
      replaces: client.directory.renewalInfo === undefined ? undefined : replaces,
      challenges,
      publish: (question) => this.#publish(question),
    });
  }

  #publish({ type, identifier, token, keyAuthorization }: Question): Promise<() => Promise<void>> {
    const folder = challengeFolder(this.#options.keyFolder);
    if (type === "http-01") return publishAnswer(folder, token, keyAuthorization);
    const answer = answerTo(identifier, keyAuthorization, this.#clock.now());
    return publishAnswer(folder, answerFile(questionNameOf(identifier)), answer);
  }

  async #fail(error: unknown, failureCount: number, life: CertificateLife | undefined): Promise<number> {
    const nowMs = this.#clock.now();
    const waitMs = withJitter(retryDelay(failureCount), this.#clock.random());
    const wanted = error instanceof AcmeError ? (error.retryAtMs ?? 0) : 0;
    const retryAtMs = Math.max(nowMs + waitMs, wanted);
    await this.#writeState({ ...(await this.#readState()), failureCount, retryAtMs });
    const reason = error instanceof Error ? error.message : String(error);
    const what = life === undefined ? "has no certificate" : `keeps its certificate until ${dateOf(life.notAfter)}`;
    const minutes = Math.ceil((retryAtMs - nowMs) / MINUTE_MS);
    this.#events.onWarning(`${this.#name} ${what}: ${reason}; the next attempt is in ${minutes} min`);
    return retryAtMs - nowMs;
  }

  /** Not the authority's fault: the disk is full, or a file belongs to somebody else. */
  #giveUp(error: unknown): number {
    if (this.#end.signal.aborted) return 0;
    const reason = error instanceof Error ? error.message : String(error);
    const waitMs = withJitter(retryDelay(1), this.#clock.random());
    this.#events.onWarning(`no certificate for ${this.#name} can be kept: ${reason}`);
    return waitMs;
  }

  get #connection(): Connection {
    return { directoryUrl: this.#options.directory, fetch, clock: this.#clock, signal: this.#end.signal };
  }

  get #name(): string {
    const [first, ...others] = this.#options.domains;
    return others.length === 0 ? first! : `${first} (and ${others.length} more)`;
  }

  async #readState(): Promise<State> {
    return { ...NEW_STATE, ...(await readJson<State>(this.#places.state)) };
  }

  #writeState(state: State): Promise<void> {
    return writePrivately(this.#places.state, JSON.stringify(state));
  }
}

function isUsable(pem: string | undefined): boolean {
  try {
    createPrivateKey(pem!);
    lifeOf(pem!);
    return true;
  } catch {
    return false;
  }
}

function isSameWindow(a: RenewalWindow | undefined, b: RenewalWindow | undefined): boolean {
  return a?.start === b?.start && a?.end === b?.end;
}

function dateOf(ms: number): string {
  return new Date(ms).toUTCString();
}
