// A request that is looked up.
import type { Request } from "../http/message.ts";

/** Its bytes are only lent: what has to wait goes on with a copy of the request. */
export interface Asking {
  request: Request;
}
