// Which sessions may be resumed on a connection: those that began under the same name and the same rules for clients. RFC
// 6066 §3 forbids to resume one under another name, and a session keeps what its client has proved.
import { hash } from "node:crypto";
import type { ClientRules } from "./client-rules.ts";
import { normalName } from "./server-name.ts";

/**
 * OpenSSL resumes only sessions with the same context (SSL_CTX_set_session_id_context).
 * @param site the name that the client asks for; "" where it asks for none
 * @returns 32 bytes, the most that OpenSSL takes
 */
export function sessionContextOf(site: string, clients: ClientRules | undefined): Buffer {
  const rules = clients === undefined ? "" : Buffer.from(clients.sessionContext).toString("hex");
  return hash("sha256", `${rules} ${normalName(site)}`, "buffer");
}
