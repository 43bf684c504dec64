import assert from "node:assert/strict";
import { test } from "node:test";
import { maskSecrets } from "./secrets.ts";

const cases: [line: string, masked: string][] = [
  ["Authorization: Basic YTpi", "Authorization: Basic ***"],
  ["proxy-authorization: Bearer abc.def", "proxy-authorization: Bearer ***"],
  ["Authorization: secret", "Authorization: ***"],
  ["Cookie: a=b; c=d", "Cookie: ***"],
  ["Set-Cookie: a=b; Path=/", "Set-Cookie: ***"],
  ["X-Api-Key: abc", "X-Api-Key: ***"],
  ["X-Auth-Token:abc", "X-Auth-Token: ***"],
  ["GET /a?token=abc&b=c HTTP/1.1", "GET /a?token=***&b=c HTTP/1.1"],
  [":path: /a?b=c&X-Amz-Signature=abc", ":path: /a?b=c&X-Amz-Signature=***"],
  ["Location: https://a/?code=1", "Location: https://a/?code=***"],
  ["GET /cookies/a:b?c=d HTTP/1.1", "GET /cookies/a:b?c=d HTTP/1.1"],
  ["Accept: text/html", "Accept: text/html"],
];
for (const [line, masked] of cases) {
  test(`maskSecrets() makes ${masked} of ${line}`, () => assert.equal(maskSecrets(line), masked));
}
