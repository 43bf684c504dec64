// What the command tells the program that started it as a service, sd_notify(3): when it serves, reads its configuration
// again and stops, and, as long as it is healthy, that it is. systemd asks for it by variables; without them nothing is
// done, and nothing is loaded.

type Environment = Readonly<Record<string, string | undefined>>;

/** systemd restarts a service that has been silent for WATCHDOG_USEC, and recommends half of it. */
const WATCHDOG_SHARE = 0.5;
const LINE_LIMIT_LENGTH = 1000;

export interface ServiceManagerHooks {
  /** Told once when messages cannot be sent, though they are wanted. */
  readonly onWarning: (text: string) => void;
}

export class ServiceManager {
  readonly #address: string | undefined;
  readonly #watchdogMs: number | undefined;
  readonly #hooks: ServiceManagerHooks;
  #hasWarned = false;
  #watchdog: NodeJS.Timeout | undefined;
  /** One message after the other, in the order of the calls. */
  #last: Promise<void> = Promise.resolve();

  /** @param pid of this process: the watchdog may be meant for another one */
  constructor(environment: Environment, pid: number, hooks: ServiceManagerHooks) {
    this.#address = environment["NOTIFY_SOCKET"] || undefined;
    this.#watchdogMs = watchdogMs(environment, pid);
    this.#hooks = hooks;
  }

  /** The server listens, or goes on after a reload. `status` is shown by `systemctl status`. */
  ready(status: string): Promise<void> {
    return this.#tell("READY=1", statusLine(status));
  }

  /** The configuration is about to be read again: systemd waits for `ready`, and takes older messages for older reloads. */
  reloading(): Promise<void> {
    return this.#tell("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, "STATUS=reads options");
  }

  /** Another process serves in the place of this one: it is the service from now on. */
  replacedBy(pid: number): Promise<void> {
    this.endWatch();
    return this.#tell(`MAINPID=${pid}`);
  }

  stopping(): Promise<void> {
    return this.#tell("STOPPING=1", "STATUS=stops");
  }

  /** Says that all is well as often as systemd wants to hear it, while it is so. */
  watch(isHealthy: () => boolean): void {
    if (this.#address === undefined || this.#watchdogMs === undefined) return;
    const tell = (): void => {
      if (isHealthy()) void this.#tell("WATCHDOG=1");
    };
    tell();
    this.#watchdog = setInterval(tell, this.#watchdogMs * WATCHDOG_SHARE).unref();
  }

  endWatch(): void {
    clearInterval(this.#watchdog);
  }

  #tell(...lines: string[]): Promise<void> {
    const address = this.#address;
    if (address !== undefined) this.#last = this.#last.then(() => this.#send(address, lines.join("\n")));
    return this.#last;
  }

  async #send(address: string, text: string): Promise<void> {
    try {
      const { isSocketAddress, sendDatagram } = await import("../linux/datagram.ts");
      if (!isSocketAddress(address)) throw new Error("it is neither a path nor an abstract name");
      sendDatagram(address, text);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#hooks.onWarning(`the service manager at ${address} cannot be told: ${(error as Error).message}`);
    }
  }
}

function watchdogMs({ WATCHDOG_USEC: us = "", WATCHDOG_PID: meant }: Environment, pid: number): number | undefined {
  if (!/^[1-9]\d{0,15}$/.test(us) || (meant !== undefined && meant !== String(pid))) return undefined;
  return Math.max(1, Number(us) / 1000);
}

/** A line break would begin another assignment. */
function statusLine(status: string): string {
  return `STATUS=${status.replaceAll(/\s+/g, " ").trim().slice(0, LINE_LIMIT_LENGTH)}`;
}
