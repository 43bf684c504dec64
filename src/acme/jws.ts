// JSON Web Signatures (RFC 7515) as ACME wants them: flattened, ES256 by the account's key (RFC 8555 §6.2), HS256 to bind the
// account to one that the authority knows already (§7.3.4).
import { createHash, createHmac, createPublicKey, type KeyObject, sign } from "node:crypto";

/** What a request sends as its content. */
export interface SignedJson {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The account by its URL; by its key as long as it has none. */
export type SignedBy = { readonly kid: string } | { readonly jwk: JsonWebKey };

interface JsonWebKey {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

/** @param payload undefined for a request that only asks: "POST-as-GET", RFC 8555 §6.3 */
export function signedRequest(
  key: KeyObject,
  by: SignedBy,
  { url, nonce, payload }: { url: string; nonce: string; payload: unknown },
): SignedJson {
  return flattened({ alg: "ES256", nonce, url, ...by }, payload, (text) =>
    sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }),
  );
}

/** RFC 8555 §7.3.4. @param hmacKey in base64url, as the authority gives it */
export function accountBinding(
  key: KeyObject,
  { keyId, hmacKey }: { readonly keyId: string; readonly hmacKey: string },
  url: string,
): SignedJson {
  const secret = Buffer.from(hmacKey, "base64url");
  return flattened({ alg: "HS256", kid: keyId, url }, publicJwk(key), (text) =>
    createHmac("sha256", secret).update(text).digest(),
  );
}

export function publicJwk(key: KeyObject): JsonWebKey {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: "jwk" });
  return { crv: crv!, kty: kty!, x: x!, y: y! };
}

/** RFC 8555 §8.1: proves that whoever answers the challenge knows the account. */
export function keyAuthorization(token: string, key: KeyObject): string {
  return `${token}.${thumbprint(key)}`;
}

/** RFC 7638 §3: the members in the order of the alphabet, which is that of `publicJwk`. */
function thumbprint(key: KeyObject): string {
  return createHash("sha256")
    .update(JSON.stringify(publicJwk(key)))
    .digest("base64url");
}

function flattened(header: object, payload: unknown, signatureOf: (text: string) => Buffer): SignedJson {
  const first = encodeJson(header);
  const second = payload === undefined ? "" : encodeJson(payload);
  return { protected: first, payload: second, signature: signatureOf(`${first}.${second}`).toString("base64url") };
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
