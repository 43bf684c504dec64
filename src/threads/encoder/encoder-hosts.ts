// The supervisor's side of both encoders. One takes what may come later, at the lowest priority. The other takes what requests
// wait for, as the coding with a dictionary: under load the first would get no time, and a job of the first takes a second.
// Most servers start neither, or the first alone.
import { ENCODER_SHARE, type EncoderKind } from "../../content/codings/encoder.ts";
import { EncoderHost, type EncoderUser } from "./encoder-host.ts";

/** The parts of what encoders keep. What a request waits for is in its thread's memory a moment later. */
const SHARES: Readonly<Record<EncoderKind, number>> = { later: ENCODER_SHARE * 0.75, now: ENCODER_SHARE * 0.25 };

export class EncoderHosts {
  readonly #hosts: Readonly<Record<EncoderKind, EncoderHost>>;

  /** @param encodedLimitBytes of the server */
  constructor(url: URL, encodedLimitBytes: number, warn: (text: string) => void) {
    const hostOf = (encoder: EncoderKind): EncoderHost =>
      new EncoderHost(url, { encoder, keptLimitBytes: encodedLimitBytes * SHARES[encoder] }, warn);
    this.#hosts = { later: hostOf("later"), now: hostOf("now") };
  }

  connect(user: EncoderUser, encoder: EncoderKind): void {
    this.#hosts[encoder].connect(user);
  }

  /** Encoders with another bound start anew. */
  set encodedLimitBytes(limitBytes: number) {
    for (const encoder of ["later", "now"] as const) {
      this.#hosts[encoder].data = { encoder, keptLimitBytes: limitBytes * SHARES[encoder] };
    }
  }

  /** The user has ended. */
  ended(user: EncoderUser): void {
    for (const host of Object.values(this.#hosts)) host.ended(user);
  }

  /** Resolves when both have ended, or do not end in time. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#hosts).map((host) => host.close()));
  }
}
