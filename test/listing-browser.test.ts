// A listing as people see it: in a real Chromium, with and without its script, by day and by night, and on a phone.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createServer, type Server } from "../src/server.ts";
import { launchChromium, visit } from "./support/chromium.ts";
import { readZip } from "./support/zip-reader.ts";

const WIDTH = 360;
const LONG = `${"a-very-long-name-without-a-space-".repeat(6)}.txt`;
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><circle cx="30" cy="30" r="25" fill="#b3341f"/></svg>';

const README = `# Fruit

What grows here, and **when**. See [the guide](guide/one.txt "a guide") or <https://example.com/>.

![a pear](pear.svg) [![badge](https://example.com/badge.svg)](https://example.com/)

<script>document.title = "taken over"</script> <img src=x onerror="document.title = 'taken over'">

| fruit | month | count |
| ----- | :---: | ----: |
| apple | May   |    12 |

## Code

\`\`\`js
const aVeryLongLine = "${"that does not fit on a phone ".repeat(8)}";
\`\`\`

1. [x](javascript:alert(1))
2. \`inline\`

> A quotation.
`;

const FILES: Record<string, string> = {
  "fruit/apple.txt": "a".repeat(3000),
  "fruit/pear.svg": PICTURE,
  "fruit/plum.txt": "p",
  [`fruit/${LONG}`]: "",
  "fruit/guide/one.txt": "one",
  "fruit/README.md": README,
};

/** Names that were made to deceive a page, or whoever reads it. */
const HOSTILE = [
  "<img src=x onerror=\"document.title='taken over'\">",
  "\"'><b>bold",
  "photo\u202egpj.exe",
  "javascript:alert(1)",
  "a&lt;b",
];

let browser: Browser;
let root = "";
let server: Server;

before(async () => {
  root = mkdtempSync(join(tmpdir(), "heddle-listing-"));
  // Slashes, quotes and angle brackets are no part of a name on Windows.
  if (process.platform !== "win32") for (const name of HOSTILE) FILES[`hostile/${name}`] = name;
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  utimesSync(join(root, "fruit/plum.txt"), 1e9, 1e9);
  server = createServer({ root, port: 0, threads: 1, listing: true, zip: true, graceMs: 0 });
  await server.listen();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await server?.close({ graceMs: 0 });
  rmSync(root, { recursive: true });
});

/** Text, because it runs in the page: the types of the DOM are not those of this program. */
function ask(page: Page, selector: string, about: string): Promise<unknown> {
  return page.evaluate(`(${about})(document.querySelector(${JSON.stringify(selector)}))`);
}

/** Of the rows that can be seen. */
async function namesOn(page: Page): Promise<string[]> {
  return page.locator("tbody tr:visible th[scope=row] a").allTextContents();
}

// Complaint: miniserve #139
test("a listing loads without a problem, shows its pictures, and filters as one types", async () => {
  const { page, problems, responses } = await visit(browser, `${server.url}fruit/`);
  assert.deepEqual(problems, []);
  assert.ok(responses.some(({ url, status }) => url.endsWith("/pear.svg") && status === 200));
  assert.equal((await namesOn(page)).length, 6);
  await page.getByRole("searchbox").fill("PEAR");
  assert.deepEqual(await namesOn(page), ["pear.svg"]);
  assert.ok(await page.getByText("1 of 6 shown").isVisible());
  await page.close();
});

for (const javaScriptEnabled of [true, false]) {
  // Complaint: http-server #526 #974
  test(`a listing sorts by click ${javaScriptEnabled ? "with" : "without"} a script, and leads into folders`, async () => {
    const page = await browser.newPage({ javaScriptEnabled });
    await page.goto(`${server.url}fruit/`);
    assert.equal(await page.getByRole("searchbox").isVisible(), javaScriptEnabled);
    // A click resolves before the page that it leads to is there.
    const follow = async (name: string): Promise<void> => {
      const loaded = page.waitForEvent("load");
      await page.getByRole("link", { name, exact: true }).click();
      await loaded;
    };
    const click = (column: string): Promise<void> =>
      javaScriptEnabled ? page.getByRole("link", { name: column, exact: true }).click() : follow(column);
    await click("Size");
    assert.deepEqual((await namesOn(page)).slice(0, 2), ["guide/", "apple.txt"]);
    await click("Modified (UTC)");
    await click("Modified (UTC)");
    assert.deepEqual((await namesOn(page)).slice(0, 2), ["guide/", "plum.txt"]);
    await click("Name");
    await click("Name");
    assert.deepEqual((await namesOn(page)).slice(0, 2), ["guide/", "README.md"]);
    await follow("guide/");
    assert.ok(await page.getByRole("heading", { name: "guide/" }).isVisible());
    await follow("fruit");
    assert.ok(await page.getByRole("heading", { name: "fruit/" }).isVisible());
    await page.close();
  });
}

test("a listing shows the README below, inert, with its pictures and without those of others", async () => {
  const { page, problems, responses } = await visit(browser, `${server.url}fruit/`);
  const readme = page.getByRole("region", { name: "README.md" });
  assert.deepEqual(await page.locator("h1").allTextContents(), ["fruit/"]);
  assert.deepEqual(await readme.getByRole("heading", { level: 2 }).allTextContents(), ["Fruit"]);
  assert.equal(await readme.locator("script, [onerror], [style], a[href^='javascript:']").count(), 0);
  assert.ok(await readme.getByText('<script>document.title = "taken over"</script>').isVisible());
  assert.equal(await ask(page, ".readme img", "(image) => image.naturalWidth"), 60);
  assert.equal(await ask(page, ".readme td:nth-child(3)", "(cell) => getComputedStyle(cell).textAlign"), "right");
  assert.ok(responses.every(({ url }) => url.startsWith(server.url!)));
  assert.deepEqual(problems, []);
  await readme.getByRole("link", { name: "the guide" }).click();
  assert.equal(await page.locator("body").textContent(), "one");
  await page.close();
});

test("a listing shows names that were made to deceive as text, and its links lead to these files", async () => {
  const { page, problems } = await visit(browser, `${server.url}hostile/`);
  const names = await namesOn(page);
  assert.deepEqual(names.toSorted(), HOSTILE.map((name) => name.replace("\u202e", "\ufffd")).toSorted());
  assert.equal(await page.title(), "hostile/");
  assert.equal(await page.locator("tbody b, tbody img").count(), 0);
  for (const name of names) {
    const target = await page.getByRole("link", { name, exact: true }).getAttribute("href");
    const response = await page.request.get(new URL(target!, page.url()).href);
    assert.equal(await response.text(), name.replace("\ufffd", "\u202e"));
  }
  assert.deepEqual(problems, []);
  await page.close();
});

test("a listing downloads as a zip file, under the name of its folder", async () => {
  const page = await browser.newPage({ acceptDownloads: true });
  await page.goto(`${server.url}fruit/`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download as zip" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "fruit.zip");
  const entries = readZip(readFileSync(await download.path()));
  const contents = new Map(entries.map(({ name, content }) => [name, content.toString()]));
  for (const [path, content] of Object.entries(FILES).filter(([path]) => path.startsWith("fruit/"))) {
    assert.equal(contents.get(path), content);
  }
  assert.equal(entries.length, 7);
  await page.close();
});

/** [what a person prefers, the colour of the ground] */
const schemes = [
  ["light", "rgb(241, 242, 238)"],
  ["dark", "rgb(16, 19, 42)"],
] as const;

for (const [colorScheme, ground] of schemes) {
  test(`a listing is ${colorScheme} for whom prefers that, and can be read`, async () => {
    const { page } = await visit(browser, `${server.url}fruit/`, { colorScheme });
    assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), ground);
    for (const selector of ["h1", "tbody td:nth-child(2)", "tbody a", ".readme p", ".readme a", ".readme code"]) {
      const contrast = await ask(page, selector, CONTRAST);
      assert.ok((contrast as number) >= 4.5, `${selector} has a contrast of ${contrast}`);
    }
    await page.close();
  });

  test(`a listing fits a screen of ${WIDTH} pixels, ${colorScheme}`, async () => {
    const viewport = { width: WIDTH, height: 740 };
    for (const path of ["fruit/", "hostile/", ""]) {
      const { page } = await visit(browser, `${server.url}${path}`, { viewport, colorScheme });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), WIDTH, path);
      await page.close();
    }
  });
}

/** WCAG 2.2 §1.4.3, of an element's text on the first ground behind it that is not transparent. */
const CONTRAST = `(element) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}`;
