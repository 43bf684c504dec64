// The option `images: "negotiate"` as Chromium uses it: <img src="photo.jpg"> shows the AVIF or the WebP that lies next to it, and
// the browser's own cache does not give that to a script that asks for the same address in another way.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium, visit } from "./support/chromium.ts";
import { startServer } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

/** 2 pixels wide: what feature tests of libraries use. Chromium shows AVIF, and writes none. */
const AVIF =
  "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB0AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAIAAAACAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgQ0MAAAAABNjb2xybmNseAACAAIAAYAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACVtZGF0EgAKCBgANogQEAwgMg8f8D///8WfhwB8+ErK42A=";

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

/** A picture that Chromium has made. */
async function picture(page: Page, type: string, width: number): Promise<Buffer> {
  const url = await page.evaluate<string>(`(() => {
    const canvas = document.createElement("canvas");
    canvas.width = ${width};
    canvas.height = 10;
    const context = canvas.getContext("2d");
    for (let x = 0; x < ${width}; x++) {
      context.fillStyle = \`hsl(\${x * 67} 80% 50%)\`;
      context.fillRect(x, x % 7, 1, 10);
    }
    return canvas.toDataURL(${JSON.stringify(type)});
  })()`);
  assert.ok(url.startsWith(`data:${type};base64,`));
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

test("<img> shows the AVIF or WebP, and a script that does not name them gets the JPEG", async (t) => {
  const root = makeSite(t, {
    "index.html":
      '<!doctype html><title>photos</title><img src="photo.jpg"><img src="drawing.png"><img src="alone.jpg">',
  });
  const { port } = await startServer(t, { root, images: "negotiate", threads: 1, revalidateMs: 0 });
  const maker = await browser.newPage();
  for (const [name, type, width] of [
    ["photo.jpg", "image/jpeg", 30],
    ["alone.jpg", "image/jpeg", 30],
    ["drawing.png", "image/png", 300],
    ["drawing.png.webp", "image/webp", 20],
  ] as const) {
    writeFileSync(join(root, name), await picture(maker, type, width));
  }
  writeFileSync(join(root, "photo.avif"), Buffer.from(AVIF, "base64"));
  const asked: (string | undefined)[] = [];
  const { page, problems } = await visit(browser, `http://localhost:${port}/`, {
    prepare: async (opened) => {
      opened.on("request", async (request) => {
        if (request.url().endsWith("photo.jpg")) asked.push((await request.allHeaders())["accept"]);
      });
    },
  });
  assert.deepEqual(await page.evaluate("Array.from(document.images, (image) => image.naturalWidth)"), [2, 20, 30]);
  // As src/features/fields/alternates.test.ts has it.
  assert.deepEqual(asked, ["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"]);
  // The cache of the browser has the AVIF under that address.
  const typeOf = (accept: string): Promise<unknown> =>
    page.evaluate(`fetch("/photo.jpg", { headers: { Accept: ${JSON.stringify(accept)} }, cache: "force-cache" })
      .then((response) => response.headers.get("content-type"))`);
  assert.equal(await typeOf("*/*"), "image/jpeg");
  assert.equal(await typeOf("image/avif"), "image/avif");
  assert.deepEqual(problems, []);
});
