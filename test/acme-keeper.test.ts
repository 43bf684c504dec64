// What the keeper of a certificate does over months, and what it says about authorities that refuse. The authority is real
// (support/acme-server.ts), time is not (support/patient-clock.ts).
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CertificateKeeper, type KeeperOptions } from "../src/acme/keeper.ts";
import { challengeFolder, type Places, placesOf } from "../src/acme/places.ts";
import { openRedirectListener } from "../src/threads/supervisor/redirect-listener.ts";
import { AcmeServer, type Refusal } from "./support/acme-server.ts";
import { freePort } from "./support/free-port.ts";
import { PatientClock } from "./support/patient-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A keeper, its authority, and what answers the challenges. */
class Bench {
  readonly acme: AcmeServer;
  readonly options: KeeperOptions;
  /** Of the keeper that was started last. */
  places: Places;
  readonly #t: TestContext;

  private constructor(t: TestContext, acme: AcmeServer, options: KeeperOptions) {
    this.#t = t;
    this.acme = acme;
    this.options = options;
    this.places = placesOf(options.keyFolder, options.directory, options.domains);
  }

  static async make(t: TestContext, wishes: Partial<KeeperOptions> = {}): Promise<Bench> {
    const acme = await AcmeServer.start(t);
    const keyFolder = mkdtempSync(join(tmpdir(), "heddle-acme-"));
    t.after(() => rmSync(keyFolder, { recursive: true, force: true }));
    const port = await freePort();
    acme.wishes.challengePort = port;
    const challenges = challengeFolder(keyFolder);
    t.after(await openRedirectListener({ place: { host: "127.0.0.1", port }, securePort: 443, challenges }));
    const { directory } = acme;
    const none = { email: undefined, profile: undefined, challenge: undefined, externalAccount: undefined };
    return new Bench(t, acme, {
      ...none,
      domains: ["example.com"],
      directory,
      keyFolder,
      agreeToTerms: true,
      ...wishes,
    });
  }

  async start(
    wishes: Partial<KeeperOptions> = {},
  ): Promise<{ clock: PatientClock; said: string[]; end: () => Promise<void> }> {
    const options = { ...this.options, ...wishes };
    this.places = placesOf(options.keyFolder, options.directory, options.domains);
    const clock = new PatientClock();
    this.acme.wishes.now = clock.now;
    const said: string[] = [];
    const hear = (text: string): void => void said.push(text);
    const keeper = new CertificateKeeper(options, { onNotice: hear, onWarning: hear }, clock);
    const end = (): Promise<void> => keeper.end();
    this.#t.after(end);
    await keeper.prepare();
    keeper.begin(true);
    return { clock, said, end };
  }

  get certificate(): X509Certificate {
    return new X509Certificate(readFileSync(this.places.certificate));
  }

  get state(): { failureCount: number; retryAtMs: number } {
    return JSON.parse(readFileSync(this.places.state, "utf8"));
  }

  /** Refuses the requests for a path, as often as wanted. */
  refuse(path: string, refusal: Refusal, count: number = Infinity): void {
    let left = count;
    this.acme.wishes.interfere = (asked) => (asked.startsWith(path) && left-- > 0 ? refusal : undefined);
  }
}

/** Lets time pass until there is another order. @returns when that was, in ms */
async function nextOrder(clock: PatientClock, acme: AcmeServer): Promise<number> {
  const { length } = acme.orders;
  for (let count = 0; count < 1_000; count++) {
    await clock.sleeping();
    if (acme.orders.length > length) return clock.now();
    clock.wake();
  }
  throw new Error("no order came");
}

test("a renewal is in the window that the authority suggests, and names the certificate that it replaces", async (t) => {
  const bench = await Bench.make(t);
  const { acme } = bench;
  const start = Date.now() + 20 * DAY_MS;
  acme.wishes.window = () => ({ start, end: start + 2 * DAY_MS });
  const { clock } = await bench.start();
  assert.ok((await clock.sleeping()) <= 1.2 * 6 * HOUR_MS, "asks again as soon as the authority says");
  const replaced = bench.certificate;
  acme.wishes.window = (id) => {
    assert.match(id, /^[\w-]{27}\.[\w-]+$/);
    return { start, end: start + 2 * DAY_MS };
  };
  const orderedAt = await nextOrder(clock, acme);
  assert.ok(orderedAt >= start && orderedAt <= start + 2 * DAY_MS, new Date(orderedAt).toISOString());
  assert.equal(acme.orders.length, 2);
  const serial = acme.orders[1]!.replaces!.split(".")[1]!;
  assert.equal(
    Buffer.from(serial, "base64url").toString("hex").replace(/^00/, ""),
    replaced.serialNumber.toLowerCase().replace(/^00/, ""),
  );
  assert.notEqual(bench.certificate.serialNumber, replaced.serialNumber);
});

test("a window that moves into the past renews at the next check, says why, and does so once an hour at most", async (t) => {
  const bench = await Bench.make(t);
  const { acme } = bench;
  const later = Date.now() + 60 * DAY_MS;
  acme.wishes.window = () => ({ start: later, end: later + DAY_MS, retryAfterSeconds: 3600 });
  const { clock, said } = await bench.start();
  await clock.sleeping();
  const past = Date.now() - DAY_MS;
  const explanationUrl = "https://authority.test/incident";
  acme.wishes.window = () => ({ start: past, end: past + HOUR_MS, retryAfterSeconds: 3600, explanationUrl });
  const before = clock.now();
  const first = await nextOrder(clock, acme);
  assert.ok(first - before <= 1.3 * HOUR_MS);
  assert.ok(said.includes(`the authority moved the renewal of example.com: ${explanationUrl}`), said.join("\n"));
  const second = await nextOrder(clock, acme);
  assert.ok(second - first >= HOUR_MS - MINUTE_MS);
});

for (const [lifeDays, share] of [
  [6, 1 / 2],
  [47, 2 / 3],
  [90, 2 / 3],
] as const) {
  test(`without suggestions, a certificate of ${lifeDays} days is renewed after ${share.toFixed(2)} of its life`, async (t) => {
    const bench = await Bench.make(t);
    bench.acme.wishes.lifetimeMs = lifeDays * DAY_MS;
    const { clock } = await bench.start();
    await clock.sleeping();
    const issuedAt = bench.certificate.validFromDate.getTime();
    const orderedAt = await nextOrder(clock, bench.acme);
    const found = (orderedAt - issuedAt) / (lifeDays * DAY_MS);
    assert.ok(found >= share && found < share + 0.03, String(found));
    assert.equal(bench.acme.orders[1]!.replaces, undefined);
  });
}

test("an authority that cannot give its suggestion changes nothing", async (t) => {
  const bench = await Bench.make(t);
  bench.acme.wishes.window = () => ({ start: 0, end: 1 });
  bench.refuse("/renewal-info", { status: 500, type: "serverInternal", detail: "broken" });
  const { clock } = await bench.start();
  await clock.sleeping();
  const issuedAt = bench.certificate.validFromDate.getTime();
  const orderedAt = await nextOrder(clock, bench.acme);
  assert.ok(orderedAt - issuedAt >= 60 * DAY_MS);
});

test("a request whose nonce is refused is repeated with another", async (t) => {
  const bench = await Bench.make(t);
  bench.refuse("/new-order", { status: 400, type: "badNonce", detail: "too old" }, 7);
  const { clock, said } = await bench.start();
  await clock.sleeping();
  assert.match(said.join(), /has a certificate until/);
  assert.equal(bench.acme.asked.filter((path) => path === "/new-order").length, 8);
});

test("a hundred names are one order, in little time", async (t) => {
  const domains = Array.from({ length: 100 }, (_, index) => `name-${index}.example.com`);
  const bench = await Bench.make(t, { domains });
  const { clock, said } = await bench.start();
  const before = clock.now();
  await clock.sleeping();
  assert.match(said.join(), /^name-0\.example\.com \(and 99 more\) has a certificate until/);
  assert.ok(clock.now() - before < 60_000);
  assert.equal(bench.acme.orders.length, 1);
});

test("a short Retry-After is waited for, and the order goes on", async (t) => {
  const bench = await Bench.make(t);
  bench.refuse("/new-order", { status: 503, type: "serverInternal", detail: "busy", retryAfter: "20" }, 1);
  const { clock, said } = await bench.start();
  const before = clock.now();
  await clock.sleeping();
  assert.ok(clock.now() - before >= 20_000);
  assert.match(said.join(), /has a certificate until/);
});

test("a rate limit is obeyed, over restarts too", async (t) => {
  const bench = await Bench.make(t);
  const detail = "too many certificates already issued";
  bench.refuse("/new-order", { status: 429, type: "rateLimited", detail, retryAfter: "36000" });
  const first = await bench.start();
  assert.ok((await first.clock.sleeping()) >= 10 * HOUR_MS);
  assert.match(
    first.said[0]!,
    /^example\.com has no certificate: too many .* \(rateLimited\); the next attempt is in 600 min$/,
  );
  await first.end();
  const count = bench.acme.asked.length;
  const second = await bench.start();
  assert.ok((await second.clock.sleeping()) > 9 * HOUR_MS);
  assert.equal(bench.acme.asked.length, count, "nobody asked");
});

test("failures are tried again after longer and longer waits, and told in words", async (t) => {
  const bench = await Bench.make(t, { domains: ["example.com", "www.example.com"] });
  bench.acme.wishes.challengePort = await freePort();
  const { clock, said } = await bench.start();
  const waits: number[] = [];
  for (let count = 0; count < 9; count++) {
    waits.push(Math.round((await clock.sleeping()) / MINUTE_MS));
    clock.wake();
  }
  // With a tenth more, by chance.
  assert.deepEqual(waits, [6, 11, 22, 44, 88, 176, 352, 396, 396]);
  const tried = bench.acme.orders.map(({ authorizations }) => authorizations[0]!.type);
  assert.deepEqual(tried.slice(0, 4), ["http-01", "tls-alpn-01", "http-01", "tls-alpn-01"]);
  assert.match(
    said[0]!,
    /^example\.com \(and 1 more\) has no certificate: the authority refused example\.com: the answer at example\.com was Error: connect ECONNREFUSED .* \(unauthorized\); the authority refused www\.example\.com: .* \(unauthorized\); the next/,
  );
});

test("a renewal that is refused leaves the old certificate, and says until when it is good", async (t) => {
  const bench = await Bench.make(t);
  const { clock, said } = await bench.start();
  await clock.sleeping();
  const { serialNumber } = bench.certificate;
  const subproblems = [
    {
      type: "urn:ietf:params:acme:error:caa",
      detail: "CAA forbids it",
      identifier: { type: "dns", value: "example.com" },
    },
  ];
  bench.refuse("/new-order", {
    status: 403,
    type: "rejectedIdentifier",
    detail: "some names are refused",
    subproblems,
  });
  for (let count = 0; said.length < 2 && count < 1_000; count++) {
    clock.wake();
    await clock.sleeping();
  }
  assert.match(
    said[1]!,
    /^example\.com keeps its certificate until .* GMT: some names are refused \(rejectedIdentifier\); example\.com: CAA forbids it \(caa\); the next/,
  );
  assert.equal(bench.certificate.serialNumber, serialNumber);
});

const REFUSED: readonly (readonly [
  what: string,
  pattern: RegExp,
  prepare: (bench: Bench) => Partial<KeeperOptions>,
])[] = [
  [
    "a certificate for other names",
    /the authority left out of the certificate: example\.com/,
    ({ acme }) => {
      acme.wishes.issuedFor = [{ type: "dns", value: "example.net" }];
      return {};
    },
  ],
  [
    "a certificate that has expired",
    /sent a certificate that expired on .*: is the clock of this machine right\?/,
    ({ acme }) => {
      acme.wishes.lifetimeMs = 60_000;
      return {};
    },
  ],
  [
    "challenges that cannot be answered",
    /for example\.com, the authority accepts dns-01 as a proof, and only http-01 and tls-alpn-01 are possible/,
    ({ acme }) => {
      acme.wishes.challengeTypes = ["dns-01"];
      return {};
    },
  ],
  [
    "terms that are not agreed to",
    /wants its terms agreed to: read https:\/\/authority\.test\/terms, then set agreeToTerms/,
    ({ acme }) => {
      acme.wishes.termsOfService = "https://authority.test/terms";
      return { agreeToTerms: false };
    },
  ],
  [
    "an account of unknown customers",
    /wants an account that it knows already: set externalAccount/,
    ({ acme }) => {
      acme.wishes.externalKeys = { one: "c2VjcmV0" };
      return {};
    },
  ],
  [
    "an unknown profile",
    /the authority has no profile "short": classic, shortlived/,
    ({ acme }) => {
      acme.wishes.profiles = { classic: "", shortlived: "" };
      return { profile: "short" };
    },
  ],
  [
    "a page that is no directory",
    /is not an ACME directory: it has no newNonce, newAccount, newOrder/,
    ({ acme }) => ({ directory: acme.directory.replace("/directory", "/new-nonce") }),
  ],
];

for (const [what, pattern, prepare] of REFUSED) {
  test(`${what}: refused in words, and tried again later`, async (t) => {
    const bench = await Bench.make(t);
    const { clock, said } = await bench.start(prepare(bench));
    assert.ok((await clock.sleeping()) >= 5 * MINUTE_MS);
    assert.match(said.at(-1)!, pattern);
    assert.equal(
      bench.certificate.issuer,
      bench.certificate.subject,
      "the certificate that nobody trusts is still there",
    );
  });
}

test("an account is bound to one that the authority knows", async (t) => {
  const bench = await Bench.make(t);
  bench.acme.wishes.externalKeys = { customer: Buffer.from("secret").toString("base64url") };
  const externalAccount = { keyId: "customer", hmacKey: bench.acme.wishes.externalKeys["customer"]! };
  const { clock, said } = await bench.start({ externalAccount });
  await clock.sleeping();
  assert.match(said.join(), /has a certificate until/);
  assert.equal(bench.acme.accounts[0]!.externalKeyId, "customer");
});

test("a profile is asked for by its name", async (t) => {
  const bench = await Bench.make(t);
  bench.acme.wishes.profiles = { shortlived: "six days" };
  const { clock } = await bench.start({ profile: "shortlived" });
  await clock.sleeping();
  assert.equal(bench.acme.orders[0]!.profile, "shortlived");
});

test("addresses are ordered as addresses", async (t) => {
  const domains = ["example.com", "127.0.0.1", "2001:db8::1:0:0:2"];
  const bench = await Bench.make(t, { domains });
  const { clock, said } = await bench.start();
  await clock.sleeping();
  assert.match(said.join(), /has a certificate until/);
  assert.deepEqual(
    bench.acme.orders[0]!.identifiers.map(({ type }) => type),
    ["dns", "ip", "ip"],
  );
  assert.equal(
    bench.certificate.subjectAltName,
    "DNS:example.com, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:1:0:0:2",
  );
});

test("an account that the authority has forgotten is opened again", async (t) => {
  const bench = await Bench.make(t);
  const { clock, said, end } = await bench.start();
  await clock.sleeping();
  await end();
  bench.acme.accounts.length = 0;
  rmSync(bench.places.certificate);
  const second = await bench.start();
  await second.clock.sleeping();
  assert.match(second.said.join(), /has a certificate until/);
  assert.equal(said.length, 1);
  assert.equal(bench.acme.accounts.length, 1);
});

test("another address for mail changes the account", async (t) => {
  const bench = await Bench.make(t);
  const { clock, end } = await bench.start({ email: "a@example.com" });
  await clock.sleeping();
  await end();
  assert.deepEqual(bench.acme.accounts[0]!.contact, ["mailto:a@example.com"]);
  rmSync(bench.places.certificate);
  const second = await bench.start({ email: "b@example.com" });
  await second.clock.sleeping();
  assert.deepEqual(bench.acme.accounts[0]!.contact, ["mailto:b@example.com"]);
  assert.equal(bench.acme.accounts.length, 1);
});

test("keepers with one folder order once", async (t) => {
  const bench = await Bench.make(t);
  const keepers = await Promise.all([bench.start(), bench.start(), bench.start()]);
  await Promise.all(keepers.map(({ clock }) => clock.sleeping()));
  assert.equal(bench.acme.orders.length, 1);
  assert.equal(bench.acme.accounts.length, 1);
});

test("a renewal that was ordered before is ordered for itself", async (t) => {
  const bench = await Bench.make(t);
  const past = Date.now() - DAY_MS;
  bench.acme.wishes.window = () => ({ start: past - DAY_MS, end: past });
  bench.refuse("/new-order", { status: 409, type: "alreadyReplaced", detail: "replaced before" }, 0);
  let count = 0;
  bench.acme.wishes.interfere = (path, payload) => {
    if (path !== "/new-order" || !("replaces" in (payload as object))) return undefined;
    count++;
    return { status: 409, type: "alreadyReplaced", detail: "replaced before" };
  };
  const { clock } = await bench.start();
  await clock.sleeping();
  assert.equal(count, 1);
  assert.deepEqual(
    bench.acme.orders.map(({ replaces, status }) => [replaces, status]),
    [
      [undefined, "valid"],
      [undefined, "valid"],
    ],
  );
});

test("files that are damaged are made anew", async (t) => {
  const bench = await Bench.make(t);
  const { clock, end } = await bench.start();
  await clock.sleeping();
  await end();
  for (const path of [bench.places.certificate, bench.places.state, bench.places.account]) {
    writeFileSync(path, readFileSync(path).subarray(0, 60));
  }
  const second = await bench.start();
  await second.clock.sleeping();
  assert.match(second.said.join(), /has a certificate until/);
});

test("a certificate that is good is used after a restart, without an order", async (t) => {
  const bench = await Bench.make(t);
  const { clock, end } = await bench.start();
  await clock.sleeping();
  await end();
  const second = await bench.start();
  await second.clock.sleeping();
  assert.equal(bench.acme.orders.length, 1);
  assert.deepEqual(second.said, []);
});

test("end() gives up an order at once, and leaves no lock", async (t) => {
  const bench = await Bench.make(t);
  const asked = new Promise<void>((resolve) => {
    bench.acme.wishes.interfere = (path) => {
      if (path === "/new-order") resolve();
      return undefined;
    };
  });
  const { said, end } = await bench.start();
  await asked;
  await end();
  assert.deepEqual(
    said.filter((text) => !text.includes("has a certificate")),
    [],
  );
  const second = await bench.start();
  await second.clock.sleeping();
  assert.match(second.said.join(), /has a certificate until/);
});
