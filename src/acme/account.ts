// The account at an authority (RFC 8555 §7.3): a key, and the URL that the authority knows it by. Kept in a file, because
// authorities count new accounts, and an account of old may order what a new one may not.
import { createPrivateKey } from "node:crypto";
import { keyToPem, newKey } from "../tls/x509.ts";
import { AcmeClient, type Connection } from "./client.ts";
import { accountBinding } from "./jws.ts";
import { AcmeError } from "./problem.ts";
import { readJson, writePrivately } from "./storage.ts";

export interface AccountChoice {
  /** The authority writes to it, or does not: Let's Encrypt has stopped. */
  readonly email: string | undefined;
  /** Whether the terms of service of the authority are agreed to. */
  readonly agreeToTerms: boolean;
  /** An account that the authority knows already, and its key for HMAC in base64url. */
  readonly externalAccount: { readonly keyId: string; readonly hmacKey: string } | undefined;
}

interface StoredAccount {
  /** PEM of the private key. */
  readonly key: string;
  readonly url: string;
  readonly email?: string | undefined;
  readonly externalKeyId?: string | undefined;
}

/**
 * A client that signs by the account of the file, which is opened and written when there is none.
 * @throws {AcmeError} when the authority wants more than the choice says
 */
export async function enterAccount(
  connection: Connection,
  path: string,
  choice: AccountChoice,
): Promise<{ client: AcmeClient; isNew: boolean }> {
  const stored = await readJson<StoredAccount>(path);
  const isNew = stored === undefined || stored.externalKeyId !== choice.externalAccount?.keyId;
  const key = isNew ? newKey() : createPrivateKey(stored.key);
  const client = await AcmeClient.open(connection, key);
  const url = isNew ? await openAccount(client, choice) : stored.url;
  client.useAccount(url);
  // RFC 8555 §7.3.2
  if (!isNew && stored.email !== choice.email) await client.post(url, { contact: contactOf(choice) });
  if (isNew || stored.email !== choice.email) await writePrivately(path, storedForm(keyToPem(key), url, choice));
  return { client, isNew };
}

/** @returns the URL of the account */
async function openAccount(client: AcmeClient, choice: AccountChoice): Promise<string> {
  const { agreeToTerms, externalAccount } = choice;
  const { newAccount, meta = {} } = client.directory;
  if (meta.termsOfService !== undefined && !agreeToTerms)
    throw new AcmeError(`the authority wants its terms agreed to: read ${meta.termsOfService}, then set agreeToTerms`);
  if (meta.externalAccountRequired === true && externalAccount === undefined)
    throw new AcmeError("the authority wants an account that it knows already: set externalAccount");
  const { headers } = await client.post(newAccount, {
    contact: contactOf(choice),
    termsOfServiceAgreed: agreeToTerms,
    ...(externalAccount && { externalAccountBinding: accountBinding(client.key, externalAccount, newAccount) }),
  });
  const url = headers.get("location");
  if (url === null) throw new AcmeError("the authority did not name the account that it opened");
  return url;
}

function contactOf({ email }: AccountChoice): string[] {
  return email === undefined ? [] : [`mailto:${email}`];
}

function storedForm(key: string, url: string, { email, externalAccount }: AccountChoice): string {
  return JSON.stringify({ key, url, email, externalKeyId: externalAccount?.keyId } satisfies StoredAccount);
}
