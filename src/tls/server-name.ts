// Which certificate answers for the name that a client asks for (RFC 6066 §3): names are compared as RFC 6125 §6.4 has it.

/** "WWW.Example.com." -> "www.example.com": letters count alike, and a dot at the end says only that the name is complete. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether a name of a certificate is for the host. A wildcard is a whole label, the first, and stands for one label. */
function isNameFor(name: string, host: string): boolean {
  if (name === host) return true;
  const dot = host.indexOf(".");
  return dot > 0 && name.startsWith("*.") && name.slice(1) === host.slice(dot);
}

/**
 * @param certificates each with the names that it is for
 * @param host as the client sent it; empty or undefined when the client sent none
 * @returns the certificate with that very name, else one with a fitting wildcard, else the first
 */
export function certificateFor<Item extends { readonly names: readonly string[] }>(
  certificates: readonly Item[],
  host: string | undefined,
): Item {
  const wanted = normalName(host ?? "");
  const exact = certificates.find(({ names }) => names.includes(wanted));
  return exact ?? certificates.find(({ names }) => names.some((name) => isNameFor(name, wanted))) ?? certificates[0]!;
}
