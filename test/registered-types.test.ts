// The package has the media types in another form than the source.
import assert from "node:assert/strict";
import { test } from "node:test";
import { registeredTypesAsText } from "../build/registered-types.ts";
import { registeredTypes } from "../src/http/registered-types.ts";

test("registeredTypesAsText() has every registered type", async () => {
  const module = await import(`data:text/javascript,${encodeURIComponent(registeredTypesAsText())}`);
  assert.deepEqual(module.registeredTypes(), registeredTypes());
  assert.ok(registeredTypes().size > 1000);
});
