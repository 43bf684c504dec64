// Password hashes in the forms that people have: scrypt and Argon2 as the PHC string format writes them, bcrypt as
// htpasswd does. Verifying one takes as long as it must, but never on the thread that serves.
import { promisify } from "node:util";
import { runJob } from "../../workers/job-thread.ts";
import type { BcryptJob } from "./bcrypt-thread.ts";

const BCRYPT_ENTRY = new URL("./bcrypt-thread.ts", import.meta.url);

// What OWASP's cheat sheet for password storage recommends for scrypt: 128 MiB and some 0.3 s for each guess.
const LOG_COST = 17;
const BLOCK_SIZE = 8;
const HASH_BYTES = 32;
/** RFC 9106 §4 has no shorter hash for passwords. */
const HASH_MINIMUM_BYTES = 16;

/**
 * Every request with a password costs what the parameters of the hash ask for: a configuration must not be able to use
 * up the memory.
 */
const MEMORY_LIMIT_BYTES: number = 512 * 1024 * 1024;
const ROUND_LIMIT = 20;

// PHC string format: $id[$v=version]$parameters$salt$hash, in Base64 without padding.
const PHC = /^\$(scrypt|argon2id|argon2i|argon2d)\$(?:v=19\$)?([a-z]+=\d+(?:,[a-z]+=\d+)*)\$([\w+/]+)\$([\w+/]+)$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

interface Phc {
  readonly id: "scrypt" | "argon2id" | "argon2i" | "argon2d";
  readonly parameters: ReadonlyMap<string, number>;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Why this is no hash that can be verified here, or undefined. */
export function passwordHashProblem(encoded: string): string | undefined {
  const bcrypt = BCRYPT.exec(encoded);
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1]);
    return cost >= 4 && cost <= 16 ? undefined : `a bcrypt cost from 4 to 16 (found ${cost})`;
  }
  const phc = parsePhc(encoded);
  if (phc === undefined) return 'a hash as "heddle hash-password" prints it, or of argon2 or bcrypt';
  // A hash that was cut short is right for many passwords; one of no bytes, for all.
  if (phc.hash.length < HASH_MINIMUM_BYTES) return `a whole hash, of at least ${HASH_MINIMUM_BYTES} bytes`;
  return memoryBytesOf(phc) <= MEMORY_LIMIT_BYTES && (phc.parameters.get("t") ?? 1) <= ROUND_LIMIT
    ? undefined
    : `a hash that takes at most ${MEMORY_LIMIT_BYTES >> 20} MiB and ${ROUND_LIMIT} rounds`;
}

/** The hash of a new password, to be put into a configuration: scrypt with a random salt. */
export async function hashPassword(password: string): Promise<string> {
  const { randomBytes, scrypt } = await loadCrypto();
  const salt = randomBytes(16);
  const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt);
  const hash = await deriveScrypt(password, salt, HASH_BYTES, scryptOptions(LOG_COST, BLOCK_SIZE, 1));
  return `$scrypt$ln=${LOG_COST},r=${BLOCK_SIZE},p=1$${unpadded(salt)}$${unpadded(hash)}`;
}

/** @param encoded one without a `passwordHashProblem` */
export async function verifyPassword(password: string, encoded: string): Promise<boolean> {
  if (BCRYPT.test(encoded)) return verifyBcrypt(password, encoded);
  const phc = parsePhc(encoded);
  if (phc === undefined) throw new TypeError("not a password hash");
  const { timingSafeEqual } = await loadCrypto();
  const found = await derive(password, phc);
  return found.length === phc.hash.length && timingSafeEqual(found, phc.hash);
}

/** Node takes 3 ms to load it, which no start without a password should cost. */
function loadCrypto(): Promise<typeof import("node:crypto")> {
  return import("node:crypto");
}

async function derive(password: string, { id, parameters, salt, hash }: Phc): Promise<Buffer> {
  const { argon2, scrypt } = await loadCrypto();
  const parameter = (name: string): number => parameters.get(name) ?? 1;
  if (id === "scrypt") {
    const options = scryptOptions(parameter("ln"), parameter("r"), parameter("p"));
    return promisify<string, Buffer, number, object, Buffer>(scrypt)(password, salt, hash.length, options);
  }
  return promisify(argon2)(id, {
    message: password,
    nonce: salt,
    parallelism: parameter("p"),
    tagLength: hash.length,
    memory: parameter("m"),
    passes: parameter("t"),
  });
}

/** In a thread that ends with it: bcrypt is JavaScript here, and old htpasswd files are rare. */
function verifyBcrypt(password: string, encoded: string): Promise<boolean> {
  return runJob<BcryptJob, boolean>({ password, encoded }, { entry: BCRYPT_ENTRY });
}

function parsePhc(encoded: string): Phc | undefined {
  const found = PHC.exec(encoded);
  if (found === null) return undefined;
  const [, id, list = "", salt = "", hash = ""] = found;
  const parameters = new Map<string, number>();
  for (const pair of list.split(",")) {
    const [name = "", value] = pair.split("=");
    parameters.set(name, Number(value));
  }
  const wanted = id === "scrypt" ? ["ln", "r", "p"] : ["m", "t", "p"];
  if (!wanted.every((name) => (parameters.get(name) ?? 0) > 0)) return undefined;
  return {
    id: id as Phc["id"],
    parameters,
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

function memoryBytesOf({ id, parameters }: Phc): number {
  const parameter = (name: string): number => parameters.get(name) ?? 1;
  // RFC 7914 §5: 128 * N * r bytes, and as much for each lane; RFC 9106 §3.1: m KiB.
  return id === "scrypt" ? 128 * 2 ** parameter("ln") * parameter("r") * parameter("p") : parameter("m") * 1024;
}

function scryptOptions(logCost: number, blockSize: number, parallelization: number): object {
  return { cost: 2 ** logCost, blockSize, parallelization, maxmem: 2 * MEMORY_LIMIT_BYTES };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
