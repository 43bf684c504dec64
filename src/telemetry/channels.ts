// What a program that embeds the server can subscribe to by node:diagnostics_channel, on the main thread: each event of a
// server, and the steps of its life. Without a subscriber, nothing is made. Requests are in other threads, and not here.
import { channel, hasSubscribers } from "node:diagnostics_channel";

/** @param name without "heddle:" */
export function publish(name: string, message: object): void {
  const full = `heddle:${name}`;
  if (hasSubscribers(full)) channel(full).publish(message);
}
