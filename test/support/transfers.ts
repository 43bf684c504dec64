// The transfers of a browser, from its network log: the content coding, the type and the bytes on the wire of each request.
// The responses of Playwright do not have them, so they are read by the protocol of the developer tools.
import type { CDPSession, Page } from "playwright-core";

export interface Transfer {
  readonly url: string;
  /** As it came over the wire: 304 when the browser shows its copy. */
  readonly status: number;
  /** Content-Encoding, or "identity". */
  readonly coding: string;
  readonly type: string | undefined;
  readonly cacheControl: string | undefined;
  /** The length of head and content as they were sent. */
  readonly wireBytes: number;
  /** True when the browser used its copy without a request. */
  readonly isCached: boolean;
}

type Fields = Readonly<Record<string, string>>;

/** The known facts about a request. The events come in no fixed order: the head may be told before the request. */
interface Noted {
  url?: string;
  status?: number;
  fields?: Fields;
  wireBytes?: number;
  isCached?: boolean;
  /** The head as it came over the wire is told by an event of its own, which has not come yet. */
  isHeadAwaited?: boolean;
}

/** What a log needs of Playwright's `CDPSession`. */
export type NetworkEvents = Pick<CDPSession, "on">;

/**
 * Starts to record: call it before the page loads.
 * @returns a function that waits for the transfers under way, and gives all transfers in the order of their requests
 */
export async function recordTransfers(page: Page): Promise<() => Promise<Transfer[]>> {
  const session = await page.context().newCDPSession(page);
  const transfersOf = collectTransfers(session);
  await session.send("Network.enable");
  return transfersOf;
}

export function collectTransfers(session: NetworkEvents): () => Promise<Transfer[]> {
  const noted = new Map<string, Noted>();
  let onChange = (): void => {};
  const note = (id: string, what: Noted): void => {
    noted.set(id, { ...noted.get(id), ...what });
    onChange();
  };
  session.on("Network.requestWillBeSent", ({ requestId, request }) => note(requestId, { url: request.url }));
  session.on("Network.requestServedFromCache", ({ requestId }) =>
    note(requestId, { isCached: true, isHeadAwaited: false }),
  );
  session.on("Network.responseReceived", ({ requestId, response, hasExtraInfo }) => {
    const known = noted.get(requestId);
    const isCached = known?.isCached === true || response.fromDiskCache === true;
    // The other event has the head as it came, which is better: this head may be that of the copy that a 304 confirms.
    if (known?.fields !== undefined) return note(requestId, { isCached });
    const isHeadAwaited = hasExtraInfo && !isCached;
    note(requestId, { isCached, isHeadAwaited });
    if (!isHeadAwaited) note(requestId, { status: response.status, fields: lowerCased(response.headers) });
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode, headers }) =>
    note(requestId, { status: statusCode, fields: lowerCased(headers), isHeadAwaited: false }),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) =>
    note(requestId, { wireBytes: encodedDataLength }),
  );
  const ofHttp = (): Noted[] => [...noted.values()].filter(({ url }) => url?.startsWith("http"));
  return async () => {
    while (ofHttp().some(({ wireBytes, isHeadAwaited }) => wireBytes === undefined || isHeadAwaited)) {
      await new Promise<void>((resolve) => (onChange = resolve));
    }
    return ofHttp().map(transferOf);
  };
}

function transferOf({ url = "", status = 0, fields = {}, wireBytes = 0, isCached = false }: Noted): Transfer {
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
