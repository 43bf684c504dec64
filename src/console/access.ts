// Who may see the live page. A listener of this machine shows it to everybody there, as its metrics. Where others can
// connect, a token is wanted: it stands in the address that the start prints, and then in a cookie, which no script can read
// and no other site can make a browser send. Programs send it as `Authorization: Bearer`.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Request } from "../http/message.ts";
import { queryOf } from "../http/query.ts";

/** As long as a key of AES-256: nobody guesses it, and no wait is needed against those who try. */
const TOKEN_BYTES = 32;

const COOKIE = "heddle-console";

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

export class Access {
  readonly #expected: Buffer | undefined;

  /** @param token undefined where everybody may come in who can connect */
  constructor(token: string | undefined) {
    this.#expected = token === undefined ? undefined : digest(token);
  }

  allows(request: Request): boolean {
    return this.#expected === undefined || tokensOf(request).some((token) => this.#isRight(token));
  }

  /** The cookie for a browser that has shown the token in the address; "" where it has not. */
  cookieFor(request: Request): string {
    const token = tokenOfQuery(request);
    if (token === undefined || this.#expected === undefined || !this.#isRight(token)) return "";
    return `Set-Cookie: ${COOKIE}=${token}; Path=/console; HttpOnly; SameSite=Strict\r\n`;
  }

  /** In constant time: the digests have the same length, whatever was sent. */
  #isRight(token: string): boolean {
    return timingSafeEqual(digest(token), this.#expected!);
  }
}

function tokensOf(request: Request): string[] {
  const [, bearer] = /^bearer +([\w-]+)$/i.exec(request.field("authorization") ?? "") ?? [];
  const cookies = (request.field("cookie") ?? "").split(";").map((pair) => pair.trim());
  const ofCookies = cookies
    .filter((pair) => pair.startsWith(`${COOKIE}=`))
    .map((pair) => pair.slice(COOKIE.length + 1));
  // A browser sends one; a hundred would only cost time.
  return [bearer, tokenOfQuery(request), ofCookies[0]].filter((token) => token !== undefined);
}

function tokenOfQuery({ target }: Request): string | undefined {
  return new URLSearchParams(queryOf(target)).get("token") ?? undefined;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
