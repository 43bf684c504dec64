// Which hosts a request to the admin listener may name. A page of the web can make a browser ask this machine under a
// name of its own (DNS rebinding), and would then read the answer: so a listener of this machine only answers to its names.
import type { AdminPlace } from "../options/admin-place.ts";

const LOOPBACK = /^(?:(?:[^.]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether only this machine can connect, or only those who may open a file. */
export function isOfThisMachine(place: AdminPlace): boolean {
  return place.kind === "socket" || LOOPBACK.test(bracketed(place.host));
}

/** @returns whether a request for this host and port is answered */
export function ownHosts(place: AdminPlace): (authority: string) => boolean {
  if (place.kind === "socket") return () => true;
  const given = bracketed(place.host);
  if (!LOOPBACK.test(given)) return () => true;
  // Programs that name no host (HTTP/1.0) are not led here by a page. The port may be that of a tunnel.
  return (authority) => authority === "" || isOwn(authority.replace(/:\d*$/, "").toLowerCase(), given);
}

function isOwn(host: string, given: string): boolean {
  return host === given || LOOPBACK.test(host);
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host.toLowerCase();
}
