// The ways to run a server that are soaked: transport, threads, protocol and TLS, each with each.
import { LOCALHOST } from "../test/support/certificates.ts";
import { TRANSPORTS } from "../test/support/server.ts";

export interface Case {
  readonly transport: "kernel" | "portable";
  readonly threads: 2 | "per-connection";
  readonly protocol: "http1" | "http2";
  readonly isSecure: boolean;
}

const CASES: readonly Case[] = TRANSPORTS.flatMap((transport) =>
  ([2, "per-connection"] as const).flatMap((threads) =>
    (["http1", "http2"] as const).flatMap((protocol) =>
      [false, true].map((isSecure) => ({ transport, threads, protocol, isSecure })),
    ),
  ),
);

/** The cases whose name has all of these words; all cases without words. */
export function casesOf(words: readonly string[]): readonly Case[] {
  return CASES.filter((one) => words.every((word) => ` ${nameOf(one)} `.includes(` ${word} `)));
}

export function nameOf({ transport, threads, protocol, isSecure }: Case): string {
  return `${transport} ${threads === 2 ? "pool" : threads} ${protocol} ${isSecure ? "tls" : "plain"}`;
}

/** The flags of the command. With a thread per connection, every client has one, and so have those that come next. */
export function flagsOf({ transport, threads, protocol, isSecure }: Case): readonly string[] {
  const tls = isSecure ? ["--tls-cert", LOCALHOST.cert, "--tls-key", LOCALHOST.key] : [];
  const clear = protocol === "http2" && !isSecure ? ["--h2c"] : [];
  const bound = threads === "per-connection" ? ["--max-threads", "64"] : [];
  return ["--transport", transport, "--threads", String(threads), ...bound, ...tls, ...clear];
}
