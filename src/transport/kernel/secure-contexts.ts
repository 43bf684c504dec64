// The certificates of one thread on the kernel transport, each in a context of OpenSSL.
import { Context, type ContextParameters, type Hello, newHelloCallback, Session } from "../../linux/openssl.ts";
import type { TlsMaterial } from "../../tls/certificate.ts";
import { isQuestion, readAnswer } from "../../tls/challenge.ts";
import { ALPN, protocolsIn, SERVER_NAME, serverNameIn } from "../../tls/client-hello.ts";
import { identitiesOf } from "../../tls/identities.ts";
import { GROUPS, TLS_1_2_CIPHERS, TLS_1_3_CIPHERS } from "../../tls/parameters.ts";
import type { HandshakeResult } from "../../tls/record-layer.ts";
import { certificateFor } from "../../tls/server-name.ts";
import { sessionContextOf } from "../../tls/session-context.ts";
import { HandshakeChannel } from "./handshake-channel.ts";
import { RecordChannel } from "./record-channel.ts";
import type { SecureChannel } from "./secure-channel.ts";

interface NamedContext {
  readonly names: readonly string[];
  readonly context: Context;
}

export class SecureContexts {
  #material: TlsMaterial;
  #contexts: readonly NamedContext[];
  readonly #helloCallback = newHelloCallback((hello) => this.#greet(hello));

  readonly #hasHttp2: boolean;

  /** @param hasHttp2 whether clients that offer HTTP/2 get it */
  constructor(material: TlsMaterial, hasHttp2: boolean) {
    this.#material = material;
    this.#hasHttp2 = hasHttp2;
    this.#contexts = contextsOf(material, this.#parameters());
  }

  /** For a connection that begins. The first context goes over to another one when the client asks for its name. */
  newChannel(fd: number): SecureChannel {
    return new HandshakeChannel(fd, new Session(this.#contexts[0]!.context), newRecordChannel);
  }

  /** Takes other certificates. Connections that are open, and sessions that clients kept, stay good. */
  adopt(material: TlsMaterial): void {
    const former = this.#contexts;
    this.#material = material;
    this.#contexts = contextsOf(material, this.#parameters());
    for (const { context } of former) context.free();
  }

  #parameters(): Omit<ContextParameters, "pairs"> {
    const { ticketKeys, clients } = this.#material;
    return {
      ...{ ciphers: TLS_1_2_CIPHERS, suites: TLS_1_3_CIPHERS, groups: GROUPS },
      ...{ ticketKeys, clients, onHello: this.#helloCallback, hasHttp2: this.#hasHttp2 },
    };
  }

  #greet(hello: Hello): void {
    const name = hello.extension(SERVER_NAME);
    const site = name === undefined ? undefined : serverNameIn(name);
    hello.useSessionContext(sessionContextOf(site ?? "", this.#material.clients));
    const { challengeFolder } = this.#material;
    if (challengeFolder !== undefined && site !== undefined) this.#answer(hello, site, challengeFolder);
  }

  /** Shows an authority the certificate that it asks for. Without one, no protocol is known to both. */
  #answer(hello: Hello, site: string, folder: string): void {
    const protocols = hello.extension(ALPN);
    if (protocols === undefined || !isQuestion(protocolsIn(protocols))) return;
    const answer = readAnswer(folder, site);
    if (answer === undefined) return;
    const context = new Context({ ...this.#parameters(), pairs: [answer], isAnswer: true });
    hello.useContext(context);
    // The connection keeps what it needs.
    context.free();
  }
}

function newRecordChannel(fd: number, result: HandshakeResult): RecordChannel {
  return new RecordChannel(fd, result);
}

function contextsOf(material: TlsMaterial, parameters: Omit<ContextParameters, "pairs">): readonly NamedContext[] {
  const contexts = identitiesOf(material.certificates).map(({ names, certificates }) => ({
    names,
    context: new Context({ ...parameters, pairs: certificates }),
  }));
  if (contexts.length > 1) contexts[0]!.context.onName((name) => certificateFor(contexts, name).context);
  return contexts;
}
