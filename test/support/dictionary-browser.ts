// A page in Chromium that tells what it loads: how many bytes came over the wire, in which coding, with which dictionary.
import type { Browser, CDPSession, Page } from "playwright-core";

/** What one reply was, as the browser's network log has it. */
export interface Transfer {
  /** Head and content, as they came over the wire. */
  readonly sizeBytes: number;
  readonly coding: string | undefined;
  /** The value of Available-Dictionary. */
  readonly dictionary: string | undefined;
}

type Fields = Readonly<Record<string, string>>;

/** Names of fields come as they were sent over HTTP/1.1. */
function fieldOf(fields: Fields | undefined, name: string): string | undefined {
  return Object.entries(fields ?? {}).find(([one]) => one.toLowerCase() === name)?.[1];
}

export class WatchedPage {
  readonly page: Page;
  /** By path; of replies that came over the wire. */
  readonly #transfers = new Map<string, Transfer>();
  readonly #paths = new Map<string, string>();
  readonly #asked = new Map<string, Fields>();
  readonly #coding = new Map<string, string | undefined>();

  static async open(browser: Browser): Promise<WatchedPage> {
    const page = await (await browser.newContext()).newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    return new WatchedPage(page, session);
  }

  private constructor(page: Page, session: CDPSession) {
    this.page = page;
    session.on("Network.requestWillBeSent", ({ requestId, request }) => {
      this.#paths.set(requestId, new URL(request.url).pathname);
    });
    session.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
      this.#asked.set(requestId, headers as Fields);
    });
    session.on("Network.responseReceivedExtraInfo", ({ requestId, headers }) => {
      this.#coding.set(requestId, fieldOf(headers as Fields, "content-encoding"));
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const path = this.#paths.get(requestId);
      const asked = this.#asked.get(requestId);
      if (path === undefined || asked === undefined) return;
      const dictionary = fieldOf(asked, "available-dictionary");
      this.#transfers.set(path, { sizeBytes: encodedDataLength, coding: this.#coding.get(requestId), dictionary });
    });
  }

  /** Loads a page and all that it names. */
  async load(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: "load" });
  }

  /**
   * Waits until the browser would name a dictionary for this path, for which there need not be a file: a file becomes a
   * dictionary some time after it has been loaded.
   */
  async dictionaryFor(path: string): Promise<string> {
    for (let count = 0; ; count++) {
      const probe = `${path}?${count}`;
      await this.page.evaluate(`fetch(${JSON.stringify(probe)}, { cache: "no-store" }).then((reply) => reply.text())`);
      const { dictionary } = await this.transferOf(path);
      this.#transfers.delete(path);
      if (dictionary !== undefined) return dictionary;
    }
  }

  /** Loads a page, with another query each time, until it comes in that coding. */
  async loadUntil(url: string, coding: string): Promise<Transfer> {
    const path = new URL(url).pathname;
    for (let count = 0; ; count++) {
      this.#transfers.delete(path);
      await this.load(`${url}?${count}`);
      const transfer = await this.transferOf(path);
      if (transfer.coding === coding) return transfer;
    }
  }

  /** The SHA-256 of what scripts of the page read at a path, in hexadecimal digits. */
  async hashOf(path: string): Promise<string> {
    return this.page.evaluate(`fetch(${JSON.stringify(path)})
      .then((reply) => reply.arrayBuffer())
      .then((bytes) => crypto.subtle.digest("SHA-256", bytes))
      .then((digest) => new Uint8Array(digest).toHex())`);
  }

  /** What came at this path last. The network log is told of it a little later than the page. */
  async transferOf(path: string): Promise<Transfer> {
    for (;;) {
      const transfer = this.#transfers.get(path);
      if (transfer !== undefined) return transfer;
      await this.page.evaluate("new Promise((resolve) => setTimeout(resolve, 1))");
    }
  }
}
