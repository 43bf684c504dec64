// The certificates of one thread on the kernel transport, each in a context of OpenSSL.
import { Context, Session } from "../../linux/openssl.ts";
import type { TlsMaterial } from "../../tls/certificate.ts";
import { identitiesOf } from "../../tls/identities.ts";
import { GROUPS, TLS_1_2_CIPHERS, TLS_1_3_CIPHERS } from "../../tls/parameters.ts";
import type { HandshakeResult } from "../../tls/record-layer.ts";
import { certificateFor } from "../../tls/server-name.ts";
import { HandshakeChannel } from "./handshake-channel.ts";
import { RecordChannel } from "./record-channel.ts";
import type { SecureChannel } from "./secure-channel.ts";

interface NamedContext {
  readonly names: readonly string[];
  readonly context: Context;
}

export class SecureContexts {
  #contexts: readonly NamedContext[];

  readonly #hasHttp2: boolean;

  /** @param hasHttp2 whether clients that offer HTTP/2 get it */
  constructor(material: TlsMaterial, hasHttp2: boolean) {
    this.#hasHttp2 = hasHttp2;
    this.#contexts = contextsOf(material, hasHttp2);
  }

  /** For a connection that begins. The first context goes over to another one when the client asks for its name. */
  newChannel(fd: number): SecureChannel {
    return new HandshakeChannel(fd, new Session(this.#contexts[0]!.context), newRecordChannel);
  }

  /** Takes other certificates. Connections that are open, and sessions that clients kept, stay good. */
  adopt(material: TlsMaterial): void {
    const former = this.#contexts;
    this.#contexts = contextsOf(material, this.#hasHttp2);
    for (const { context } of former) context.free();
  }
}

function newRecordChannel(fd: number, result: HandshakeResult): RecordChannel {
  return new RecordChannel(fd, result);
}

function contextsOf(material: TlsMaterial, hasHttp2: boolean): readonly NamedContext[] {
  const { certificates, clients, ticketKeys } = material;
  const contexts = identitiesOf(certificates).map(({ names, certificates: pairs }) => ({
    names,
    context: new Context({
      pairs,
      ciphers: TLS_1_2_CIPHERS,
      suites: TLS_1_3_CIPHERS,
      groups: GROUPS,
      ticketKeys,
      clients,
      hasHttp2,
    }),
  }));
  if (contexts.length > 1) contexts[0]!.context.onName((name) => certificateFor(contexts, name).context);
  return contexts;
}
