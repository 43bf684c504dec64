import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSiteHandler } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";
import type { Request } from "../../http/message.ts";
import { CORS_DEFAULTS } from "../../options/defaults.ts";
import { type CorsOptions, createCors } from "./cors.ts";

const ORIGIN = "https://app.example";
const named = {
  ...CORS_DEFAULTS,
  origins: [ORIGIN],
  requestHeaders: ["X-Token"],
  exposedHeaders: ["ETag"],
  credentials: true,
};

function request(method: string, fields: Record<string, string>): Request {
  return { method, field: (name: string) => fields[name] } as unknown as Request;
}
const preflight = (origin: string) => request("OPTIONS", { origin, "access-control-request-method": "GET" });

test("createCors() for all origins needs to look at no request", () => {
  const cors = createCors({ ...CORS_DEFAULTS, origins: "*" });
  assert.equal(cors.fields, "Access-Control-Allow-Origin: *\r\n");
  assert.equal(cors.fieldsFor, undefined);
});

test("createCors() for named origins allows these alone, and says that replies vary", () => {
  const { fields, fieldsFor } = createCors(named);
  assert.equal(fields, "Vary: Origin\r\n");
  assert.equal(
    fieldsFor?.(request("GET", { origin: ORIGIN })),
    `Access-Control-Allow-Origin: ${ORIGIN}\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: ETag\r\n`,
  );
  for (const origin of ["https://evil.example", "https://app.example.evil.example", "null", ""]) {
    assert.equal(fieldsFor?.(request("GET", { origin })), "");
  }
  assert.equal(fieldsFor?.(request("GET", {})), "");
});

test("createCors() answers a preflight of an allowed origin with what it may do", () => {
  const reply = createCors({ ...named, maxAgeSeconds: 60 }).preflight(preflight(ORIGIN));
  assert.equal(reply?.status, 204);
  assert.match(reply.fields, /Vary: Origin\r\nAccess-Control-Allow-Origin: https:\/\/app\.example\r\n/);
  assert.match(
    reply.fields,
    /Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\nAccess-Control-Allow-Headers: X-Token\r\n/,
  );
  assert.match(reply.fields, /Access-Control-Max-Age: 60\r\n/);
});

test("createCors() tells an origin that is not allowed nothing but that replies vary", () => {
  assert.equal(createCors(named).preflight(preflight("https://evil.example"))?.fields, "Vary: Origin\r\n");
});

test("createCors() takes no other OPTIONS for a preflight", () => {
  assert.equal(createCors(named).preflight(request("OPTIONS", { origin: ORIGIN })), undefined);
  assert.equal(
    createCors(named).preflight(request("GET", { origin: ORIGIN, "access-control-request-method": "GET" })),
    undefined,
  );
});

const refused: [what: string, options: CorsOptions][] = [
  ["credentials for everyone", { origins: "*", credentials: true }],
  ["an origin with a path", { origins: ["https://a.example/"] }],
  ["an origin without a scheme", { origins: ["a.example"] }],
  ["a line end in an origin", { origins: ["https://a.example\r\nA: b"] }],
  ["a field name with a space", { origins: "*", requestHeaders: ["A B"] }],
];
for (const [what, options] of refused) {
  test(`createCors() refuses ${what}`, () =>
    assert.throws(() => createCors({ ...CORS_DEFAULTS, ...options }), TypeError));
}

test("createHandler() lets all origins read, or those that are named, and answers their preflight", async (t) => {
  const everyone = makeSiteHandler(t, { cors: true });
  for (const target of ["/", "/missing"]) {
    assert.equal(fieldOf(await everyone.ask(target), "access-control-allow-origin"), "*");
  }
  const origin = "https://app.example";
  const named = makeSiteHandler(t, { cors: { origins: [origin] } });
  for (const target of ["/", "/", "/missing", "/docs"]) {
    const allowed = await named.ask(target, { Origin: origin });
    assert.equal(fieldOf(allowed, "access-control-allow-origin"), origin);
    assert.match(allowed.fields, /^Vary: Origin\r$/m);
    const other = await named.ask(target, { Origin: "https://evil.example" });
    assert.equal(fieldOf(other, "access-control-allow-origin"), undefined);
    assert.match(other.fields, /^Vary: Origin\r$/m);
  }
  const preflight = await named.ask("/", { Origin: origin, "Access-Control-Request-Method": "GET" }, "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal(fieldOf(preflight, "access-control-allow-origin"), origin);
});
