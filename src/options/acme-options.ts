// The option `tls.acme`: certificates that the server gets, and renews, by itself.

import { isIPv6 } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { domainToASCII } from "node:url";
import type { KeeperOptions } from "../acme/keeper.ts";

/** HTTPS with certificates that the server gets by itself. */
export interface AcmeTls {
  /** Certificates from an authority, by ACME (RFC 8555). */
  acme: AcmeOptions;
}

/** How the server gets its certificates from an authority, and renews them. */
export interface AcmeOptions {
  /** Names, and IP addresses, of one certificate. Each must lead to this machine, where port 80 or 443 proves it. No wildcards. */
  domains: readonly string[];
  /** Where the authority may write to. @default none */
  email?: string;
  /** URL of the directory of another authority. @default that of Let's Encrypt */
  directory?: string;
  /** Orders from the authority's trial run, whose certificates nobody trusts and whose limits are high. @default false */
  staging?: boolean;
  /** Kind of certificate, by the name that the authority has for it: "shortlived". @default the authority's */
  profile?: string;
  /** How names are proved: on port 80, or on port 443. @default what works: port 80 first, if this server has it */
  challenge?: "http-01" | "tls-alpn-01";
  /** Account that the authority knows already: what it calls "EAB". @default none */
  externalAccount?: ExternalAccount;
  /** Folder of the keys and certificates, which several servers may share. @default `heddle/acme` in the user's state folder */
  keyFolder?: string;
  /** Agrees to the terms of service of the authority. @default true */
  agreeToTerms?: boolean;
}

/** Binds the server's account to one that the authority has already (RFC 8555 §7.3.4). */
export interface ExternalAccount {
  /** Key identifier. */
  keyId: string;
  /** Key for HMAC, in base64url. */
  hmacKey: string;
}

/** As `AcmeOptions`, with every choice made. */
export type ResolvedAcme = KeeperOptions;

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
const LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory";

/** @param folder base of a relative `keyFolder` */
export function resolveAcme(acme: Readonly<AcmeOptions>, folder: string): ResolvedAcme {
  const { email, profile, challenge, externalAccount, staging = false, agreeToTerms = true } = acme;
  return {
    domains: [...new Set(acme.domains.map(canonicalDomain))],
    email,
    directory: acme.directory ?? (staging ? LETS_ENCRYPT_STAGING : LETS_ENCRYPT),
    profile,
    challenge,
    externalAccount: externalAccount && { ...externalAccount },
    keyFolder: acme.keyFolder === undefined ? defaultKeyFolder(process.env) : resolve(folder, acme.keyFolder),
    agreeToTerms,
  };
}

/** Why a name cannot be in the certificate; undefined when it can. */
export function domainProblem(domain: string): string | undefined {
  if (domain.startsWith("*."))
    return "a name without a wildcard: authorities prove wildcards by DNS only, which this server cannot change";
  const name = canonicalDomain(domain);
  const isName =
    isIPv6(name) ||
    (name.length <= 253 && /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/.test(name));
  return isName ? undefined : 'a host name or an address, like "example.com" or "192.0.2.1"';
}

/** RFC 8555 §6.1 wants HTTPS. An authority on this machine may do without. */
export function isDirectory(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname));
}

/** Only the authority that we know by ourselves has a trial run that we know. */
export function isStagingElsewhere({ staging, directory }: { staging?: unknown; directory?: unknown }): boolean {
  return staging === true && directory !== undefined;
}

/** "Bücher.Example." -> "xn--bcher-kva.example", "[2001:DB8::0:1]" -> "2001:db8::1". */
function canonicalDomain(domain: string): string {
  const bare = domain.replace(/^\[(.*)\]$/, "$1");
  if (isIPv6(bare)) return new URL(`http://[${bare}]`).hostname.slice(1, -1);
  return domainToASCII(domain.replace(/\.$/, "")).toLowerCase();
}

/** Keys and certificates are state and no configuration: they are the machine's, and come and go by themselves. */
function defaultKeyFolder(environment: NodeJS.ProcessEnv): string {
  // systemd names the folder that the service may write to (StateDirectory=).
  const service = environment["STATE_DIRECTORY"]?.split(":")[0];
  if (service) return join(service, "acme");
  return join(stateFolder(environment), "heddle", "acme");
}

function stateFolder(environment: NodeJS.ProcessEnv): string {
  switch (process.platform) {
    case "win32":
      return environment["LOCALAPPDATA"] || join(homedir(), "AppData", "Local");
    case "darwin":
      return join(homedir(), "Library", "Application Support");
    default:
      return environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  }
}
