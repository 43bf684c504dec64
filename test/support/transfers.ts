// What a browser received, as its own network log tells: for each request the coding, the type and the bytes that came
// over the wire. Playwright's responses do not have them; the protocol of the developer tools has.
import type { Page } from "playwright-core";

export interface Transfer {
  readonly url: string;
  /** As it came over the wire: 304 where the browser shows its own copy. */
  readonly status: number;
  /** Content-Encoding, or "identity". */
  readonly coding: string;
  readonly type: string | undefined;
  readonly cacheControl: string | undefined;
  /** Head and content as they were sent. */
  readonly wireBytes: number;
  /** Nothing was asked for: the browser had it, and need not ask. */
  readonly isCached: boolean;
}

type Fields = Readonly<Record<string, string>>;

/** What has been told of a request so far; the events come in no fixed order. */
interface Noted {
  readonly url: string;
  status?: number;
  fields?: Fields;
  wireBytes?: number;
  isCached: boolean;
}

/**
 * Records from now on: call it before the page loads.
 * @returns what waits for the transfers that are under way, and has all so far in the order in which they were asked for
 */
export async function recordTransfers(page: Page): Promise<() => Promise<Transfer[]>> {
  const session = await page.context().newCDPSession(page);
  const noted = new Map<string, Noted>();
  const note = (id: string, what: Partial<Noted>): void => {
    const known = noted.get(id);
    if (known !== undefined) Object.assign(known, what);
  };
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (request.url.startsWith("http")) noted.set(requestId, { url: request.url, isCached: false });
  });
  session.on("Network.requestServedFromCache", ({ requestId }) => note(requestId, { isCached: true }));
  session.on("Network.responseReceived", ({ requestId, response }) => {
    // The head as it came, which the other event has, is better: this one may be of the copy that a 304 confirms.
    if (noted.get(requestId)?.fields === undefined) {
      note(requestId, { status: response.status, fields: lowerCased(response.headers) });
    }
    if (response.fromDiskCache === true) note(requestId, { isCached: true });
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode, headers }) =>
    note(requestId, { status: statusCode, fields: lowerCased(headers) }),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) =>
    note(requestId, { wireBytes: encodedDataLength }),
  );
  await session.send("Network.enable");
  return async () => {
    while ([...noted.values()].some(({ wireBytes }) => wireBytes === undefined)) {
      await new Promise((resolve) => session.once("Network.loadingFinished", resolve));
    }
    return [...noted.values()].map(transferOf);
  };
}

function transferOf({ url, status = 0, fields = {}, wireBytes = 0, isCached }: Noted): Transfer {
  return {
    url,
    status,
    coding: fields["content-encoding"] ?? "identity",
    type: fields["content-type"],
    cacheControl: fields["cache-control"],
    wireBytes,
    isCached,
  };
}

function lowerCased(headers: Fields): Fields {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
