// What people see: the sample site, and a site that this project did not write, served to a real Chromium that
// must not report anything, in its network log or on its console. How bytes are framed is tested elsewhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { createServer, type Server, type ServerOptions } from "../src/server.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { launchChromium, visit } from "./support/chromium.ts";

const PUBLIC = fileURLToPath(new URL("../public", import.meta.url));
const SWAGGER_UI = fileURLToPath(new URL(".", import.meta.resolve("swagger-ui-dist")));
const PHONE = { viewport: { width: 360, height: 740 } };

let browser: Browser;
let site: Server;

before(async () => {
  site = await serve(PUBLIC);
  browser = await launchChromium(LOCALHOST.cert);
});

after(async () => {
  await browser?.close();
  await site?.close({ graceMs: 0 });
});

for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
  test(`the sample site loads over ${protocol} without a problem and finds its own requests answered as expected`, async () => {
    await using server = await serve(PUBLIC, protocol === "HTTP/2" ? { tls: LOCALHOST } : {});
    const { page, problems, responses } = await visit(browser, server.url);
    await page.getByText("7 requests, 7 answered as expected").waitFor();
    await page.getByText("45 requests, 45 rows").waitFor();
    assert.equal(await page.title(), "Heddle, a multithreaded web server");
    assert.ok(await page.getByRole("heading", { level: 1 }).isVisible());
    assert.equal(await page.locator("#cloth .pick").count(), 45);
    assert.deepEqual([...new Set(responses.map(({ status }) => status))].sort(), [200, 204, 206, 301, 304]);
    assert.deepEqual(problems, []);
    const spoken = await page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
    assert.equal(spoken, protocol === "HTTP/2" ? "h2" : "http/1.1");
    await page.close();
  });
}

test("the sample site finds that what must be refused is refused", async () => {
  const { page, problems } = await visit(browser, site.url);
  await page.getByText("7 requests, 7 answered as expected").waitFor();
  await page.getByRole("button", { name: "Now ask for what it must refuse" }).click();
  await page.getByText("11 requests, 11 answered as expected").waitFor();
  const refused = problems.filter(({ kind }) => kind === "bad status").map(({ text }) => text);
  assert.deepEqual(refused, ["404", "405", "412", "416"]);
  await page.close();
});

for (const path of ["", "threads/", "no/such/page"]) {
  test(`/${path} of the sample site fits a screen of 360 pixels`, async () => {
    const { page } = await visit(browser, site.url + path, PHONE);
    assert.ok(await page.getByRole("heading", { level: 1 }).isVisible());
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), PHONE.viewport.width);
    await page.close();
  });
}

test("the sample site's 404.html is shown, with its style, for a page that is missing deep down", async () => {
  const missing = `${site.url}no/such/page/at/all`;
  const { page, problems, responses } = await visit(browser, missing);
  assert.ok(await page.getByRole("heading", { name: "404 Not Found" }).isVisible());
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('.broken')).display"), "grid");
  assert.deepEqual(responses[0], { url: missing, status: 404 });
  // The page itself is missing, and Chromium says so twice; nothing that it loads may be.
  assert.deepEqual(new Set(problems.map(({ url }) => url)), new Set([missing]));
  await page.close();
});

test("swagger-ui, as its package is, loads without a problem and shows a description", async () => {
  await using server = await serve(SWAGGER_UI);
  const asked: string[] = [];
  const { page, problems, responses } = await visit(browser, server.url, {
    prepare: (page) => answerForeign(page, server.url, asked),
  });
  await page.getByRole("heading", { name: "Looms" }).waitFor();
  await page.getByText("All looms of the mill").waitFor();
  await page.waitForLoadState("networkidle");
  const own = responses.filter(({ url }) => url.startsWith(server.url));
  assert.ok(own.length >= 6, `only ${own.length} files were asked for`);
  assert.ok(asked.includes("https://petstore.swagger.io/v2/swagger.json"));
  assert.deepEqual(problems, []);
  await page.close();
});

async function serve(root: string, options: ServerOptions = {}): Promise<Server> {
  // One thread: what another has encoded a moment ago, and its tag, may be news to this one, which then says 200 for 304.
  const server = createServer({ root, port: 0, threads: 1, graceMs: 0, ...options });
  await server.listen();
  return server;
}

/**
 * The page describes a service on the internet, and has a third party check that description. Only those two are
 * answered here; the package's files stay as they are, because serving them untouched is the point.
 */
async function answerForeign(page: Page, own: string, asked: string[]): Promise<void> {
  const description = {
    openapi: "3.0.3",
    info: { title: "Looms", version: "1" },
    paths: { "/looms": { get: { summary: "All looms of the mill", responses: { 200: { description: "A list." } } } } },
  };
  await page.route(
    (url) => !url.href.startsWith(own) && url.protocol.startsWith("http"),
    async (route) => {
      asked.push(route.request().url());
      const headers = { "access-control-allow-origin": "*" };
      if (route.request().resourceType() !== "image") await route.fulfill({ headers, json: description });
      else await route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
    },
  );
}
