// A real Chromium for tests: the one inside the npm package `@sparticuz/chromium`, driven by playwright-core.
// Nothing is downloaded or installed: the package contains NSS and expat, which a bare machine does not have, and a font, so
// that pages have the same layout everywhere. The flags that the package recommends for cloud functions are left out on
// purpose: nobody browses with one process and without web security.
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type LaunchOptions, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox", // Chromium refuses to start as root with it, and containers rarely allow it
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts Chromium, headless, with a fresh temporary profile; `await using` closes it.
 * The package contains the binary for Linux on x64. Elsewhere an installed Chrome is started. The environment variable
 * CHROMIUM_PATH names another program.
 * @param certificates files of certificates that are trusted. What came with an untrusted one is never cached.
 */
export async function launchChromium(...certificates: readonly string[]): Promise<Browser> {
  const keys = certificates.map(keyHashOf).join(",");
  return chromium.launch({
    args: [...FLAGS, ...(keys === "" ? [] : [`--ignore-certificate-errors-spki-list=${keys}`])],
    ...(await findBrowser()),
  });
}

function keyHashOf(certificate: string): string {
  const { publicKey } = new X509Certificate(readFileSync(certificate));
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}

async function findBrowser(): Promise<LaunchOptions> {
  const executablePath = process.env["CHROMIUM_PATH"];
  if (executablePath) return { executablePath };
  return process.platform === "linux" && process.arch === "x64" ? unpack() : { channel: "chrome" };
}

async function unpack(): Promise<LaunchOptions> {
  const { default: packaged, inflate } = await import("@sparticuz/chromium");
  const folder = mkdtempSync(join(tmpdir(), "heddle-chromium-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const archive = new URL("../bin/al2023.tar.br", import.meta.resolve("@sparticuz/chromium"));
  const executablePath = await withTemporaryFolder(folder, async () => {
    await inflate(fileURLToPath(archive));
    return packaged.executablePath();
  });
  const fonts = join(folder, "fonts.conf");
  writeFileSync(fonts, `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>`);
  return {
    executablePath,
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_FILE: fonts },
  };
}

/** The package unpacks into the temporary folder and trusts files that are already there. So it gets an empty folder. */
async function withTemporaryFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** A red or yellow line in the developer tools. */
export interface Problem {
  readonly kind: "request failed" | "bad status" | "console" | "page error";
  /** The resource that failed, or the script that wrote to the console. */
  readonly url: string;
  readonly text: string;
}

export interface Visit {
  readonly page: Page;
  /** Every response so far, redirects included, in the order of arrival. Grows while the page is open. */
  readonly responses: readonly { readonly url: string; readonly status: number }[];
  /** Grows while the page is open; empty for a page without problems. */
  readonly problems: readonly Problem[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** Called before the page loads, to set routes. */
  prepare?: (page: Page) => Promise<void>;
}

/** Opens a page in a new context, loads `url` and scrolls to the end. The page closes with the browser. */
export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { prepare, ...context } = options;
  const page = await browser.newPage(context);
  const record = watch(page);
  await prepare?.(page);
  await page.goto(url, { waitUntil: "load" });
  await scrollToEnd(page);
  return { page, ...record };
}

function watch(page: Page): Omit<Visit, "page"> {
  const responses: { url: string; status: number }[] = [];
  const problems: Problem[] = [];
  page.on("response", (response) => {
    const [url, status] = [response.url(), response.status()];
    responses.push({ url, status });
    if (status >= 400) problems.push({ kind: "bad status", url, text: String(status) });
  });
  page.on("requestfailed", (request) => {
    problems.push({ kind: "request failed", url: request.url(), text: request.failure()?.errorText ?? "" });
  });
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    problems.push({ kind: "console", url: message.location().url, text: message.text() });
  });
  page.on("pageerror", (error) => problems.push({ kind: "page error", url: page.url(), text: String(error) }));
  return { responses, problems };
}

/** Scrolls a screen at a time, so that lazy pictures load, and waits until every picture has arrived. */
async function scrollToEnd(page: Page): Promise<void> {
  // Strings, because they run in the page: this program does not have the types of the DOM.
  await page.evaluate(`(async () => {
    for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
      scrollTo({ top, behavior: "instant" });
      await new Promise(requestAnimationFrame);
    }
  })()`);
  // Not `waitForFunction`, which evaluates text in the page: a strict Content-Security-Policy forbids that.
  await page.evaluate(`Promise.all(
    Array.from(document.images, (image) => image.complete || new Promise((done) => {
      image.addEventListener("load", done);
      image.addEventListener("error", done);
    })),
  )`);
}
