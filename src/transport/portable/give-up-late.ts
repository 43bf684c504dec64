// What a server that stops still waits for in front of HTTP: PROXY headers and handshakes, behind which a request may follow.
import { NEXT_REQUEST_MS } from "../../http1/limits.ts";

/** Gives up what is pending now and still is after the time that a next request has. */
export function giveUpLate<Key, Value>(
  pending: ReadonlyMap<Key, Value>,
  giveUp: (key: Key, value: Value) => void,
): void {
  const underWay = [...pending];
  const check = (): void => {
    for (const [key, value] of underWay) if (pending.get(key) === value) giveUp(key, value);
  };
  // When sockets were read: see the ticks of transport.ts.
  setTimeout(() => setImmediate(check), NEXT_REQUEST_MS).unref();
}
