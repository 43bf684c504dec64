// The live page, as the admin listener has it: the page, its events, and one snapshot for programs. Loaded only where
// `console` is on. While nobody looks, nothing here runs, except that marks are kept.
import { isOfThisMachine } from "../admin/own-hosts.ts";
import type { Route } from "../admin/routes.ts";
import { textReply } from "../admin/text-reply.ts";
import type { AdminView } from "../admin/view.ts";
import type { Reply, Request } from "../http/message.ts";
import { queryOf } from "../http/query.ts";
import type { AdminPlace } from "../options/admin-place.ts";
import type { ThreadEvent } from "../threads/supervisor/events.ts";
import { Access, newToken } from "./access.ts";
import { EventStream } from "./event-stream.ts";
import { type Mark, Marks } from "./marks.ts";
import { type PageFile, type PageName, readPage } from "./page-file.ts";
import { Recent } from "./recent.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { STEP_ACTS, StepSessions } from "./step-sessions.ts";

const WANTED = "This page wants the token of the server: open the address that the server has printed at its start.\n";
/** RFC 9110 §11.6.1 wants a challenge, and RFC 6750 has one for tokens. */
const CHALLENGE = "WWW-Authenticate: Bearer\r\n";

/** @returns what a browser has to show; undefined where only this machine can connect */
export function tokenFor(place: AdminPlace): string | undefined {
  return isOfThisMachine(place) ? undefined : newToken();
}

export class Console {
  readonly #view: AdminView;
  readonly #access: Access;
  readonly #events: EventStream;
  readonly #marks = new Marks();
  readonly #recent = new Recent();
  readonly #startedMs = Date.now();
  #isExplaining = false;
  readonly #pages: Partial<Record<PageName, Promise<PageFile>>> = {};
  readonly #steps: StepSessions;

  /**
   * @param token undefined where everybody may look who can connect
   * @param onWatched told when somebody begins to look, and when nobody does any more
   */
  constructor(view: AdminView, token: string | undefined, onWatched: (isWatched: boolean) => void) {
    this.#view = view;
    this.#access = new Access(token);
    this.#steps = new StepSessions(view);
    this.#events = new EventStream(() => this.#snapshot(), onWatched);
  }

  get routes(): ReadonlyMap<string, Route> {
    return new Map<string, Route>([
      ["/console", this.#guarded((request) => this.#pageReply("live", request))],
      ["/console/events", this.#guarded(() => this.#eventsReply())],
      ["/console/explain", this.#guarded((request) => this.#explainReply(request))],
      ["/console/snapshot", this.#guarded(() => jsonReply(this.#snapshot()))],
      ["/console/steps", this.#guarded((request) => this.#pageReply("steps", request))],
      ["/console/steps/events", this.#guarded((request) => this.#steps.events(request))],
      ...STEP_ACTS.map((act): [string, Route] => [
        `POST /console/steps/${act}`,
        this.#guarded((request) => this.#steps.act(act, request)),
      ]),
    ]);
  }

  note(event: ThreadEvent): void {
    // The page has both, as counts and as requests.
    if (event.kind === "trace" || event.kind === "refused") return;
    const text = event.kind === "thread-stopped" ? `thread ${event.thread} stopped: ${event.reason}` : event.text;
    this.#marks.add(event.kind, text, Date.now());
  }

  mark(kind: Mark["kind"], text: string): void {
    this.#marks.add(kind, text, Date.now());
  }

  /** Ends the streams, which would last as long as their readers. */
  close(): void {
    this.#events.close();
    this.#steps.close();
  }

  #guarded(route: Route): Route {
    return (request) => (this.#access.allows(request) ? route(request) : textReply(401, WANTED, { fields: CHALLENGE }));
  }

  #snapshot(): Snapshot {
    const nowMs = Date.now();
    // Each getter adds up all threads: asked once, and of one moment.
    const view = { ...this.#view };
    const { samples } = view;
    for (const [thread, sample] of samples.threads) if (sample !== undefined) this.#recent.take(thread, sample, nowMs);
    const { latest, slowest } = this.#recent;
    return snapshotOf(view, { startedMs: this.#startedMs, marks: this.#marks.all, samples, latest, slowest }, nowMs);
  }

  /** What `heddle explain` would say of a request to the server as it is now. One at a time: it reads files. */
  async #explainReply({ target }: Request): Promise<Reply> {
    const asked = new URLSearchParams(queryOf(target));
    if (this.#isExplaining) return textReply(503, "Another request is being explained.\n");
    this.#isExplaining = true;
    try {
      const { options } = this.#view;
      const { explain, serverFacts } = await import("../explain/explain.ts");
      const question = { url: asked.get("url") ?? "/", method: asked.get("method") || "GET" };
      return jsonReply(await explain(options.site, options.sites, { ...serverFacts(options), ...question }));
    } catch (error) {
      return textReply(400, `${error instanceof Error ? error.message : String(error)}\n`);
    } finally {
      this.#isExplaining = false;
    }
  }

  #eventsReply(): Reply {
    if (this.#events.isFull) return textReply(503, "Too many others are looking at the moment.\n");
    return this.#events.reply();
  }

  async #pageReply(name: PageName, request: Request): Promise<Reply> {
    const cookie = this.#access.cookieFor(request);
    this.#pages[name] ??= readPage(name);
    const { html, policy } = await this.#pages[name];
    const fields = `Content-Security-Policy: ${policy}\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n${cookie}`;
    return textReply(200, html, { type: "text/html; charset=utf-8", fields });
  }
}

function jsonReply(value: object): Reply {
  return textReply(200, `${JSON.stringify(value)}\n`, { type: "application/json" });
}
