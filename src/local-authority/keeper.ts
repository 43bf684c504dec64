// Keeps the certificate for development good for as long as the server runs. Writes files only; whoever serves watches them
// (threads/supervisor/certificates.ts).
import { openAuthority, renewServer } from "./authority.ts";

/** Certificates have a week left when they are renewed. */
const CHECK_MS = 3_600_000;

export interface LocalKeeperEvents {
  readonly onNotice: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

export class LocalKeeper {
  readonly #folder: string;
  readonly #events: LocalKeeperEvents;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, events: LocalKeeperEvents) {
    this.#folder = folder;
    this.#events = events;
  }

  /** Makes what is missing. */
  async prepare(): Promise<void> {
    const authority = await openAuthority(this.#folder, Date.now());
    await renewServer(this.#folder, authority, Date.now());
    if (authority.isNew)
      this.#events.onNotice(
        "the certificate for development comes from a new authority on this machine: heddle trust makes browsers accept it",
      );
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.prepare().catch((error: unknown) =>
        this.#events.onWarning(`the certificate for development was not renewed: ${String(error)}`),
      );
    }, CHECK_MS).unref();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
  }
}
