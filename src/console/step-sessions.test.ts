import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyView } from "../../test/support/admin-view.ts";
import type { Request } from "../http/message.ts";
import { resolveOptions } from "../options/resolve.ts";
import type { ServerOptions } from "../options/server-options.ts";
import { StepSessions } from "./step-sessions.ts";

const OPEN = { target: "/console/steps/open", authority: "localhost", field: () => undefined } as unknown as Request;
const TLS = { cert: "a", key: "b", clientCa: "c" };

const cases: [name: string, options: ServerOptions, status: number][] = [
  ["everybody on this machine can ask", { root: "." }, 200],
  ["clients may have a certificate", { root: ".", tls: { ...TLS, clientCertificate: "optional" } }, 200],
  ["clients need a certificate", { root: ".", tls: TLS }, 403],
  ["the server listens on a Unix socket only", { root: ".", listen: ["unix:/tmp/a.sock"] }, 403],
  ["proxies stand before it", { root: ".", proxyProtocol: true, trustedProxies: ["10.0.0.1"] }, 403],
];

for (const [name, options, status] of cases) {
  test(`StepSessions answers ${status} where ${name}`, () => {
    const sessions = new StepSessions({ ...emptyView(), options: resolveOptions(options) });
    assert.equal(sessions.act("open", OPEN).status, status);
    sessions.close();
  });
}
